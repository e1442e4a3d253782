"""How well the candidates of an image match a label map of it."""

import numpy as np


def volumes_of(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Voxels of each label in each candidate, shape (K, L).

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
    """
    return np.stack([np.bincount(votes, weights=counts, minlength=n_labels) for votes in patterns.T])


def dice_with(patterns: np.ndarray, counts: np.ndarray, labels: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Mean Dice of each candidate with a label map over the foreground labels that either shows, shape (K,).

    It is 1 where neither shows any.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        labels: the label map, shape (P,).
        volumes: voxels of each label in each candidate, shape (K, L), see :func:`volumes_of`.
    """
    n_labels = volumes.shape[1]
    overlap = np.zeros((len(volumes), n_labels - 1))
    for label in range(1, n_labels):
        rows = np.flatnonzero(labels == label)
        overlap[:, label - 1] = counts[rows] @ (patterns[rows] == label)
    total = (volumes + np.bincount(labels, weights=counts, minlength=n_labels))[:, 1:]
    shown = total > 0
    dice = np.divide(2 * overlap, total, out=np.zeros(total.shape), where=shown).sum(axis=1)
    return np.divide(dice, shown.sum(axis=1), out=np.ones(len(dice)), where=shown.any(axis=1))
