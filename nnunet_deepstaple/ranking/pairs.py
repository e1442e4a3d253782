"""Dice of each pair of voters for one structure, and of each voter with a consensus."""

import numpy as np

_CHUNK = 1 << 15
"""Patterns looked at at once."""

_EXACT = 1 << 24
"""float32 counts so many voxels without error."""


def pairwise_dice(masks: np.ndarray, speaks: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Dice of each pair of voters, shape (K, K); NaN where neither shows the structure.

    Voxels in which one of the two says nothing are not compared.

    Args:
        masks: whether each voter marks the structure in each pattern, shape (P, K), bool.
        speaks: whether it says anything of it there, shape (P, K), bool.
        counts: voxels with each pattern, shape (P,).
    """
    rows = np.flatnonzero(masks.any(axis=1))
    kind = kind_for(counts[rows])
    shared, volumes = np.zeros((2, masks.shape[1], masks.shape[1]))
    silent = not speaks[rows].all()
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        votes = masks[some].astype(kind)
        counted = (votes * counts[some, np.newaxis].astype(kind)).T
        shared += counted @ votes
        if silent:
            volumes += counted @ speaks[some].astype(kind)
    if not silent:
        volumes += shared.diagonal()[:, np.newaxis]
    total = volumes + volumes.T
    return np.divide(2 * shared, total, out=np.full(total.shape, np.nan), where=total > 0)


def volumes_of(masks: np.ndarray, consensus: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Voxels of each voter, and those of them that lie in a consensus, shape (K,) each.

    Args:
        masks: whether each voter marks the structure in each pattern, shape (P, K), bool.
        consensus: whether the consensus marks it, shape (P,), bool.
        counts: voxels with each pattern, shape (P,).
    """
    rows = np.flatnonzero(masks.any(axis=1))
    counted = counts[rows]
    kind = kind_for(counted)
    whole, inside = np.stack([counted, counted * consensus[rows]]).astype(kind) @ masks[rows].astype(kind)
    return whole.astype(float), inside.astype(float)


def kind_for(counts: np.ndarray) -> type[np.floating]:
    """The smallest floating-point type that sums these counts without error."""
    return np.float32 if counts.sum() < _EXACT else np.float64
