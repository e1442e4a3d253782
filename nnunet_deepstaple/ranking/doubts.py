"""What a ranking cannot tell, and which candidates are wrong, not only poor, one sentence each."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from ..errors import InputError
from ..fusion.weights.dependence import groups
from ..wording import counted
from .measure import ImageMeasures
from .oddities import of_another_image, sentences
from .table import Table

_SAME, _APART = 0.99, 0.2
"""Agreement tells nothing if even the least similar pair of sources has a larger Dice than the first number, or if even
the most similar pair has a smaller one than the second."""


def doubts(table: Table) -> list[str]:
    """What a ranking of these sources cannot tell.

    Raises:
        InputError: there is nothing to compare at all.
    """
    if not np.isfinite(table.measures.match).any():
        raise InputError(
            f"no candidate shows any label, such as those of '{table.images[0]}'; give label maps with labels"
        )
    found = []
    if len(table.sources) == 2:
        found.append("two sources: their agreement cannot tell which one is better, only how far apart they are")
    if not table.judged:
        found.append(
            "agreement cannot show the errors that all sources share; the intervals assume how many there are "
            "(-ceiling), and true labels of a few images (-gt) replace the assumption"
        )
    apart = _between(table.pairs)
    if apart.size and apart.min() > _SAME:
        found.append("all sources draw the same; their agreement says nothing of how good they are")
    if hardly_overlap(table.pairs):
        found.append("the sources hardly overlap at all; their agreement says nothing, and the estimates mean little")
    return found + copies(table)


def hardly_overlap(pairs: np.ndarray) -> bool:
    """Whether no two sources have much in common, by the Dice of each pair, shape (K, K)."""
    apart = _between(pairs)
    return bool(apart.size and apart.max() < _APART)


def _between(pairs: np.ndarray) -> np.ndarray:
    """Numbers of the pairs that share an image."""
    return pairs[~np.eye(len(pairs), dtype=bool) & np.isfinite(pairs)]


def copies(table: Table) -> list[str]:
    """A sentence about each group of sources that are more like one source than like several."""
    return [
        f"{', '.join(repr(table.sources[place]) for place in group)} make the same errors, like copies of one source, "
        f"and count as one judge of the others"
        for group in groups(np.nan_to_num(table.together))
    ]


def odd_truths(measured: Mapping[str, ImageMeasures]) -> list[str]:
    """A sentence about true labels with which no source has anything in common."""
    odd = [
        image
        for image, one in sorted(measured.items())
        if one.judged and not any((found.dice > 0).any() for found in one.structures.values())
    ]
    if not odd:
        return []
    more = f" and {counted(len(odd) - 1, 'more image')}" if odd[1:] else ""
    return [
        f"no source overlaps with the true labels of image '{odd[0]}'{more}, so all have a Dice of 0 there; are the "
        f"true labels empty, or of another image?"
    ]


def odd_candidates(measured: Mapping[str, ImageMeasures]) -> list[str]:
    """Candidates that are empty, inverted, mirrored, of another image, or have labels exchanged."""
    images: dict[tuple[str, str], list[str]] = defaultdict(list)
    for image, one in sorted(measured.items()):
        for seen in one.oddities.items():
            images[seen].append(image)
    found = [
        f"candidate '{source}' of image '{of[0]}' {odd}"
        if len(of) == 1
        else f"in {len(of)} images, such as '{of[0]}', candidate '{source}' {odd}"
        for (source, odd), of in images.items()
    ]
    doubtful = {
        (image, source): small
        for image, one in sorted(measured.items())
        for source, small in one.doubtful.items()
        if source not in one.oddities
    }
    return found + sentences(of_another_image(doubtful, {image: one.thumbnail for image, one in measured.items()}))
