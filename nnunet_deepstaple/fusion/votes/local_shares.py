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
            ascending), and its share in each, float32. The shares of a voxel sum to one.
    """

    voxels: np.ndarray
    of_labels: Mapping[int, tuple[np.ndarray, np.ndarray]]
