"""How well the candidates of an image match a label map of it."""

from collections.abc import Iterator

import numpy as np

from .consensus import decide


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


def pairwise_dice(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Mean Dice of each pair of candidates over the foreground labels that either shows, shape (K, K).

    It is 1 where neither shows any.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
    """
    volumes = volumes_of(patterns, counts, n_labels)
    dice, shown = np.zeros((2, len(volumes), len(volumes)))
    for label in range(1, n_labels):
        rows = np.flatnonzero((patterns == label).any(axis=1))
        votes = (patterns[rows] == label).astype(float)
        total = np.add.outer(volumes[:, label], volumes[:, label])
        dice += np.divide(2 * (votes.T * counts[rows]) @ votes, total, out=np.zeros(total.shape), where=total > 0)
        shown += total > 0
    return np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)


def dice_with_others(
    patterns: np.ndarray, counts: np.ndarray, shares: np.ndarray, weights: np.ndarray, volumes: np.ndarray
) -> np.ndarray:
    """Mean Dice of each candidate with the weighted vote of all others, shape (K,).

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        shares: what each label has of the weights of all, shape (P, L).
        weights: shape (K,), summing to one.
        volumes: voxels of each label in each candidate, shape (K, L), see :func:`volumes_of`.
    """
    return np.array(list(_each_with_others(patterns, counts, shares, weights, volumes)))


def _each_with_others(
    patterns: np.ndarray, counts: np.ndarray, shares: np.ndarray, weights: np.ndarray, volumes: np.ndarray
) -> Iterator[float]:
    rows = np.arange(len(patterns))
    for place, votes in enumerate(patterns.T):
        others, of_others = shares.copy(), weights.copy()
        others[rows, votes] -= weights[place]
        of_others[place] = 0
        vote = decide(others, patterns, of_others)
        yield float(dice_with(votes[:, np.newaxis], counts, vote, volumes[place : place + 1])[0])
