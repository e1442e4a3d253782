"""What the votes of an image say about its consensus and about each voter; arrays in, numbers out.

Everything is a function of the distinct vote patterns and their counts (:class:`nnunet_deepstaple.fusion.Votes`).
A label map of the patterns has shape (P,), counts have shape (P,), weights shape (K,), summing to one.
Labels are indices from 0 to L − 1, where L is ``n_labels``. The index L means no vote; such voxels are not compared.
"""

import numpy as np

from ..fusion.decision.argmax import decide
from ..fusion.votes import Votes
from ..fusion.votes.overlap import dice_with
from ..fusion.votes.shares import vote_shares


def dice_of(one: np.ndarray, other: np.ndarray, votes: Votes) -> float:
    """Dice of two label maps of the votes, mean over the foreground labels that either shows; 1 if there are none."""
    return float(dice_with(Votes(votes.labels, one[:, np.newaxis], votes.counts), other)[0])


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
    """Expected Dice of a label map if each voxel's true label is drawn with the shares of its votes.

    For each foreground label it is 2 Σ p over its voxels / (its voxels + Σ p over all voxels), the ratio of the
    expected values. The result is the mean over the labels that the map or any vote shows, or 1 if there are none.

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


def disputed_share(votes: Votes) -> float:
    """Share of the voxels with any foreground on which the voters differ; 0 if there are no such voxels."""
    patterns, counts, n_labels = votes.patterns, votes.counts, votes.n_labels
    silent = patterns >= n_labels
    lowest, highest = np.where(silent, n_labels, patterns).min(axis=1), np.where(silent, 0, patterns).max(axis=1)
    foreground = counts @ (highest > 0)
    return float(counts @ (highest > lowest) / foreground) if foreground else 0.0


def sensitivities(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """Share of the foreground of ``labels`` to which each voter gives the same label, shape (K,); 1 without any."""
    rows = np.flatnonzero(labels)
    given, counts = votes.patterns[rows], votes.counts[rows]
    total = counts @ (given < votes.n_labels)
    same = counts @ (given == labels[rows, np.newaxis])
    return np.divide(same, total, out=np.ones(votes.n_voters), where=total > 0)


def specificities(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """Share of the disputed background that each voter leaves background, shape (K,); NaN without any.

    A voxel is disputed background if it is background in ``labels`` but not for some voter. So the number does not grow
    with the empty space around the objects.
    """
    patterns = votes.patterns
    rows = np.flatnonzero((labels == 0) & ((patterns > 0) & (patterns < votes.n_labels)).any(axis=1))
    total = votes.counts[rows] @ (patterns[rows] < votes.n_labels)
    clear = votes.counts[rows] @ (patterns[rows] == 0)
    return np.divide(clear, total, out=np.full(votes.n_voters, np.nan), where=total > 0)


def dice_without_each(votes: Votes, weights: np.ndarray) -> np.ndarray:
    """Dice of the weighted vote of all with the weighted vote without one voter, for each voter, shape (K,)."""
    everybody = decide(vote_shares(votes, weights), votes, weights)
    dice = np.zeros(len(weights))
    for place in range(len(weights)):
        others = np.where(np.arange(len(weights)) == place, 0, weights)
        if others.any():
            vote = decide(vote_shares(votes, others / others.sum()), votes, others)
            dice[place] = dice_of(vote, everybody, votes)
    return dice
