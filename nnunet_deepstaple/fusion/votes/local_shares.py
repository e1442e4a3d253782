"""Shares of single voxels, where voters weigh differently from voxel to voxel."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LocalShares:
    """Shares of the labels in some voxels, which replace the shares of the patterns there.

    Attributes:
        voxels: flat indices of a vote map's codes, ascending, shape (D,).
        of_labels: for each label index with a share there: the voxels (flat indices of the codes, ascending), and the
            label's share in each, float32. The shares of a voxel sum to one. Where some voters vote by soft labels,
            they sum to the part of the vote that the other voters have.
    """

    voxels: np.ndarray
    of_labels: Mapping[int, tuple[np.ndarray, np.ndarray]]

    def instead(
        self, given: Mapping[int, tuple[np.ndarray, np.ndarray]], start: int, stop: int
    ) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Shares of some planes, with these shares in these voxels instead of those that were given.

        Args:
            given: for each label index, some voxels (flat indices of these planes) and the label's share there.
            start: flat index of the first voxel of these planes.
            stop: one past the last.
        """
        local = np.zeros(stop - start, bool)
        local[self.voxels[_within(self.voxels, start, stop)] - start] = True
        kept = {index: (voxels[~local[voxels]], shares[~local[voxels]]) for index, (voxels, shares) in given.items()}
        for index, (voxels, shares) in self.of_labels.items():
            some = _within(voxels, start, stop)
            others = kept.get(index, (voxels[:0], shares[:0]))
            kept[index] = np.append(others[0], voxels[some] - start), np.append(others[1], shares[some])
        return kept

    def paint(self, index: int, shares: np.ndarray, start: int, stop: int) -> None:
        """Paint the shares of one label over those that were given in some planes.

        Args:
            index: of the label.
            shares: of the label in each voxel of the planes, shape (stop - start,); they change in place.
            start: flat index of the first voxel of these planes.
            stop: one past the last.
        """
        shares[self.voxels[_within(self.voxels, start, stop)] - start] = 0
        if index in self.of_labels:
            voxels, own = self.of_labels[index]
            some = _within(voxels, start, stop)
            shares[voxels[some] - start] = own[some]

    def scaled(self, factor: float) -> "LocalShares":
        """The same shares, as part of a larger vote: each times ``factor``."""
        of_labels = {index: (voxels, shares * np.float32(factor)) for index, (voxels, shares) in self.of_labels.items()}
        return LocalShares(self.voxels, of_labels)


def _within(voxels: np.ndarray, start: int, stop: int) -> slice:
    """Places of those of some ascending indices that lie in a range."""
    first, last = np.searchsorted(voxels, [start, stop])
    return slice(int(first), int(last))
