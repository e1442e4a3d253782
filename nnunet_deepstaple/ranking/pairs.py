"""Dice of each pair of voters for one structure."""

import numpy as np

_CHUNK = 1 << 15
"""Patterns looked at at once."""


def pairwise_dice(masks: np.ndarray, speaks: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Dice of each pair of voters, shape (K, K); NaN where neither shows the structure.

    Voxels in which one of the two says nothing are not compared.

    Args:
        masks: whether each voter marks the structure in each pattern, shape (P, K), bool.
        speaks: whether it says anything of it there, shape (P, K), bool.
        counts: voxels with each pattern, shape (P,).
    """
    rows = np.flatnonzero(masks.any(axis=1))
    shared, volumes = np.zeros((2, masks.shape[1], masks.shape[1]))
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        votes = masks[some].astype(float)
        counted = votes.T * counts[some]
        shared += counted @ votes
        volumes += counted @ speaks[some].astype(float)
    total = volumes + volumes.T
    return np.divide(2 * shared, total, out=np.full(total.shape, np.nan), where=total > 0)
