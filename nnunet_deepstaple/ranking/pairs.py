"""Dice of each pair of voters, label by label."""

import numpy as np

_CHUNK = 1 << 15
"""Patterns looked at at once."""


def pairs_of_label(patterns: np.ndarray, counts: np.ndarray, label: int, n_labels: int) -> np.ndarray:
    """Dice of each pair of voters for one label, shape (K, K); NaN where neither shows it.

    Voxels in which one of the two abstains are not compared.

    Args:
        patterns: label index of each vote, shape (P, K); ``n_labels`` where a voter abstains.
        counts: voxels with each pattern, shape (P,).
        label: index of the label.
        n_labels: L.
    """
    rows = np.flatnonzero((patterns == label).any(axis=1))
    shared, volumes = np.zeros((2, patterns.shape[1], patterns.shape[1]))
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        votes = (patterns[some] == label).astype(float)
        counted = votes.T * counts[some]
        shared += counted @ votes
        volumes += counted @ (patterns[some] < n_labels)
    total = volumes + volumes.T
    return np.divide(2 * shared, total, out=np.full(total.shape, np.nan), where=total > 0)
