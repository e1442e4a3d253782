"""What the votes of an image say of its consensus and of each voter; arrays in, numbers out.

Everything is a function of the distinct vote patterns and their counts (:mod:`nnunet_deepstaple.fusion.votes`).
Patterns have shape (P, K), counts shape (P,), a label map of the patterns shape (P,), weights shape
(K,), summing to one.
Labels are indices from 0 to L − 1, where L is ``n_labels``; L itself stands for no vote, which is not compared.
"""

import numpy as np

from ..fusion.rules.consensus import decide
from ..fusion.rules.overlap import dice_with, volumes_of
from ..fusion.rules.weighted import vote_shares


def dice_of(one: np.ndarray, other: np.ndarray, counts: np.ndarray, n_labels: int) -> float:
    """Dice of two label maps, mean over the foreground labels that either shows; 1 where neither shows any."""
    columns = one[:, np.newaxis]
    return float(dice_with(columns, counts, other, volumes_of(columns, counts, n_labels))[0])


def label_dice(one: np.ndarray, other: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Dice of two label maps for each label, shape (L,); NaN where neither shows it."""
    heard = (one < n_labels) & (other < n_labels)
    of_one, of_other, both = (
        np.bincount(labels[heard], weights=(counts * inside)[heard], minlength=n_labels)
        for labels, inside in ((one, 1), (other, 1), (one, one == other))
    )
    total = of_one + of_other
    return np.divide(2 * both, total, out=np.full(n_labels, np.nan), where=total > 0)


def expected_dice(labels: np.ndarray, shares: np.ndarray, counts: np.ndarray) -> float:
    """Dice that a label map can expect if each voxel's true label is drawn with the shares of its votes.

    For each foreground label: 2 Σ p over its voxels / (its voxels + Σ p over all voxels), the ratio of the expected
    values; the mean over the labels that the map or any vote shows, 1 without any.

    Args:
        labels: the label map, shape (P,).
        shares: of each label, shape (P, L), rows summing to one.
        counts: shape (P,).
    """
    n_labels = shares.shape[1]
    inside = labels[:, np.newaxis] == np.arange(n_labels)
    total = (counts @ inside + counts @ shares)[1:]
    overlap = (counts @ (shares * inside))[1:]
    shown = total > 0
    return float((2 * overlap[shown] / total[shown]).mean()) if shown.any() else 1.0


def disputed_share(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> float:
    """Share of the voxels with any foreground on which the voters differ; 0 without any."""
    silent = patterns == n_labels
    lowest, highest = np.where(silent, n_labels, patterns).min(axis=1), np.where(silent, 0, patterns).max(axis=1)
    foreground = counts @ (highest > 0)
    return float(counts @ (highest > lowest) / foreground) if foreground else 0.0


def sensitivities(patterns: np.ndarray, counts: np.ndarray, labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Share of the foreground of ``labels`` that each voter gives the same label, shape (K,); 1 without any."""
    rows = np.flatnonzero(labels)
    votes = patterns[rows]
    total = counts[rows] @ (votes < n_labels)
    same = counts[rows] @ (votes == labels[rows, np.newaxis])
    return np.divide(same, total, out=np.ones(patterns.shape[1]), where=total > 0)


def specificities(patterns: np.ndarray, counts: np.ndarray, labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Share of the disputed background that each voter leaves background, shape (K,); NaN without any.

    Disputed is what ``labels`` call background and some voter does not, so that the number does not grow with the
    empty space around the objects.
    """
    rows = np.flatnonzero((labels == 0) & ((patterns > 0) & (patterns < n_labels)).any(axis=1))
    total = counts[rows] @ (patterns[rows] < n_labels)
    clear = counts[rows] @ (patterns[rows] == 0)
    return np.divide(clear, total, out=np.full(patterns.shape[1], np.nan), where=total > 0)


def dice_without_each(patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray) -> np.ndarray:
    """Dice of the weighted vote with that vote when one voter is left out, for each voter in turn, shape (K,)."""
    everybody = decide(vote_shares(patterns, n_labels, weights), patterns, weights)
    dice = np.zeros(len(weights))
    for place in range(len(weights)):
        others = np.where(np.arange(len(weights)) == place, 0, weights)
        if others.any():
            vote = decide(vote_shares(patterns, n_labels, others / others.sum()), patterns, others)
            dice[place] = dice_of(vote, everybody, counts, n_labels)
    return dice
