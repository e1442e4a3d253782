"""Find the candidates that make the same errors over all images of a fusion, from its record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .record.run_record import FILE, ImageRecord
from .weights.dependence import groups
from .weights.weights import effective_number

_SHOWN = 10
"""Groups named one by one on the screen."""


@dataclass(frozen=True)
class DependentGroup:
    """Candidates that are more like one voter than like several.

    Attributes:
        names: of the candidates.
        voters: how many independent voters they together are worth.
    """

    names: list[str]
    voters: float

    def __str__(self) -> str:
        names, count = ", ".join(self.names), len(self.names)
        return f"candidates {names} err together; they have the weight of {self.voters:.1f} voters, not of {count}"


def mean_dependence(images: Mapping[str, ImageRecord]) -> tuple[list[str], np.ndarray]:
    """Dependence of each pair of candidates, averaged over the images that both voted on.

    Args:
        images: records of the images, by name.

    Returns:
        Names of the N candidates, in alphabetical order, and the dependence, shape (N, N), 1 on the diagonal. It is 0
        for pairs that never voted on the same image.
    """
    names = sorted({name for record in images.values() for name in record.candidates})
    place = {name: index for index, name in enumerate(names)}
    total, met = np.zeros((2, len(names), len(names)))
    for record in images.values():
        here = [place[name] for name in record.candidates]
        met[np.ix_(here, here)] += 1
        for one, others in record.dependence.items():
            for other, value in others.items():
                if one in place and other in place:
                    total[place[one], place[other]] += value
    total += total.T
    mean = np.divide(total, met, out=np.zeros(total.shape), where=met > 0)
    np.fill_diagonal(mean, 1)
    return names, mean


def dependent_groups(images: Mapping[str, ImageRecord]) -> list[DependentGroup]:
    """Groups of candidates that make the same errors on the images that they share, the largest group first."""
    names, mean = mean_dependence(images)
    found = []
    for group in groups(mean):
        equal = np.full(len(group), 1 / len(group))
        voters = effective_number(equal, mean[np.ix_(group, group)])
        found.append(DependentGroup([names[place] for place in group], voters))
    return sorted(found, key=lambda group: -len(group.names))


def shown_groups(found: Sequence[DependentGroup]) -> list[str]:
    """A sentence about each group, and one about how many more there are."""
    more = len(found) - _SHOWN
    rest = [f"{more} more groups of candidates err together, see dependence in {FILE}"] if more > 0 else []
    return [*map(str, found[:_SHOWN]), *rest]
