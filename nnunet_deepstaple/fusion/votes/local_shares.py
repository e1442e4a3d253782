"""Shares of single voxels, where voters weigh differently from voxel to voxel."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LocalShares:
    """What labels have of the vote in some voxels, instead of what they have in the pattern there.

    Attributes:
        voxels: flat indices of a vote map's codes, ascending, shape (D,).
        of_labels: of each label index that has anything there: in which of the voxels (flat indices of the codes,
            ascending), and its share in each, float32. The shares of a voxel sum to one, or to what voters with a
            label map have of the vote.
    """

    voxels: np.ndarray
    of_labels: Mapping[int, tuple[np.ndarray, np.ndarray]]

    def put(self, index: int, shares: np.ndarray) -> None:
        """Put the shares of a label in the place of others: of each voxel of a vote map's box, contiguous."""
        flat = shares.reshape(-1)
        flat[self.voxels] = 0
        if index in self.of_labels:
            voxels, of_label = self.of_labels[index]
            flat[voxels] = of_label

    def scaled(self, factor: float) -> "LocalShares":
        """The same shares of a part of the vote."""
        of_labels = {index: (voxels, shares * np.float32(factor)) for index, (voxels, shares) in self.of_labels.items()}
        return LocalShares(self.voxels, of_labels)
