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

    def put(self, index: int, shares: np.ndarray) -> None:
        """Overwrite ``shares``, a label's shares over the box of a vote map (contiguous), in these voxels."""
        flat = shares.reshape(-1)
        flat[self.voxels] = 0
        if index in self.of_labels:
            voxels, of_label = self.of_labels[index]
            flat[voxels] = of_label

    def scaled(self, factor: float) -> "LocalShares":
        """The same shares, as part of a larger vote: each times ``factor``."""
        of_labels = {index: (voxels, shares * np.float32(factor)) for index, (voxels, shares) in self.of_labels.items()}
        return LocalShares(self.voxels, of_labels)
