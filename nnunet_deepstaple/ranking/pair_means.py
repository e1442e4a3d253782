"""Means over images of what each pair of sources has in common, one image after the other."""

from collections.abc import Sequence

import numpy as np

from .measure import Measured

_UNIT = float(1 << 32)
"""Numbers are summed as whole multiples of 1 / this: such sums are the same in any order of the images."""


class PairMeans:
    """Means over the images that each pair of sources shares; no image is kept.

    Args:
        sources: names of all K sources.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._place = {name: number for number, name in enumerate(sources)}
        self._pairs, self._together, self._shared = np.zeros((3, len(sources), len(sources)), np.int64)

    def add(self, sources: Sequence[str], one: Measured) -> None:
        """Add an image that has these sources, in the order of its matrices."""
        places = [self._place[name] for name in sources]
        both, known = np.ix_(places, places), np.isfinite(one.pairs)
        self._pairs[both] += _whole(one.pairs, known)
        self._together[both] += _whole(one.together, known)
        self._shared[both] += known

    @property
    def pairs(self) -> np.ndarray:
        """Mean Dice of each pair, shape (K, K); NaN without any image."""
        return self._mean(self._pairs)

    @property
    def together(self) -> np.ndarray:
        """Mean of how far each pair is one source, likewise."""
        return self._mean(self._together)

    def _mean(self, total: np.ndarray) -> np.ndarray:
        count = self._shared * _UNIT
        return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _whole(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.rint(np.where(known, values, 0) * _UNIT).astype(np.int64)
