"""The measures of all images side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..fusion.votes.means import mean
from .measure import NAMES, ImageMeasures, Measures
from .pair_means import PairMeans


@dataclass(frozen=True)
class Table:
    """Measures of N images, L structures and K sources.

    Attributes:
        images: names, in the order of the arrays.
        sources: names, in the order of the arrays.
        structures: names, in the order of the arrays.
        measures: arrays of shape (N, L, K), float32; NaN where there is nothing.
        pairs: mean Dice of each pair of sources over the images that they share, shape (K, K); NaN without any.
        together: mean of how far they are one, likewise.
        judged: images with true labels.
    """

    images: Sequence[str]
    sources: Sequence[str]
    structures: Sequence[str]
    measures: Measures
    pairs: np.ndarray
    together: np.ndarray
    judged: int

    def of(self, name: str, structure: str | None) -> np.ndarray:
        """One measure of a structure in each image, or the mean over structures for None, shape (N, K)."""
        values: np.ndarray = getattr(self.measures, name)
        if structure is None:
            return mean(values, 1)
        return values[:, list(self.structures).index(structure)].astype(float)


def gather(
    measured: Mapping[str, ImageMeasures],
    sources: Sequence[str],
    of_image: Mapping[str, Sequence[str]],
    named: Sequence[str],
    pairs: PairMeans,
) -> Table:
    """Put the measures of all images into one table.

    Args:
        measured: by image.
        sources: names of all sources.
        of_image: names of the sources of each image, in the order of its measures.
        named: names of structures in the order that is wanted; others follow.
        pairs: of the same images.
    """
    images = sorted(measured)
    found = {name for one in measured.values() for name in one.structures}
    others = sorted(found.difference(named), key=lambda name: (len(name), name))  # label_2 before label_10
    structures = [*(name for name in named if name in found), *others]
    place = {name: number for number, name in enumerate(sources)}
    arrays = np.full((len(NAMES), len(images), len(structures), len(sources)), np.nan, np.float32)
    for number, image in enumerate(images):
        columns = [place[name] for name in of_image[image]]
        for row, structure in enumerate(structures):
            one = measured[image].structures.get(structure)
            if one is not None:
                arrays[:, number, row, columns] = [getattr(one, name) for name in NAMES]
    return Table(
        images,
        sources,
        structures,
        Measures(*arrays),
        pairs.pairs,
        pairs.together,
        sum(one.judged for one in measured.values()),
    )
