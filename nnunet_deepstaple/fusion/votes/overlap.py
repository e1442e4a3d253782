"""How well voters match a label map and each other.

A voter is not compared where it abstains. Voters who do not look for the same labels are compared on what both look
for (:mod:`.structures`).
"""

import numpy as np

from .structures import structure_dice_with, structure_pairwise_dice
from .votes import Votes

_NO_PAIR = 1e-9


def volumes_of(votes: Votes) -> np.ndarray:
    """Voxels of each label in each voter, shape (K, L)."""
    n_labels = votes.n_labels
    return np.stack([np.bincount(one, votes.counts, n_labels)[:n_labels] for one in votes.patterns.T])


def dice_with(votes: Votes, labels: np.ndarray, volumes: np.ndarray | None = None) -> np.ndarray:
    """Mean Dice of each voter with a label map over the foreground labels that either shows, shape (K,).

    It is 1 where both show no foreground label.

    Args:
        votes: of the K voters.
        labels: index of the label map's label in each pattern, shape (P,).
        volumes: of :func:`volumes_of`, if they are already known.
    """
    if votes.meanings is not None:
        return structure_dice_with(votes, votes.meanings, labels)
    volumes = volumes_of(votes) if volumes is None else volumes
    counts, n_labels, silent = votes.counts, votes.n_labels, votes.silence
    overlap = _shared(votes, labels)[:, 1:]
    of_labels = np.bincount(labels, weights=counts, minlength=n_labels)
    if silent is not None:
        unheard = [np.bincount(labels[one], counts[one], n_labels) for one in silent.T]
        of_labels = of_labels - np.stack(unheard)
    total = (volumes + of_labels)[:, 1:]
    shown = total > 0
    dice = np.divide(2 * overlap, total, out=np.zeros(total.shape), where=shown).sum(axis=1)
    return np.divide(dice, shown.sum(axis=1), out=np.ones(len(dice)), where=shown.any(axis=1))


def _shared(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """Voxels of each label that each voter shares with a label map, shape (K, L); background may be left out."""
    patterns, counts, n_labels = votes.patterns, votes.counts, votes.n_labels
    if patterns.shape[1] == 1:
        same = np.flatnonzero(patterns[:, 0] == labels)
        return np.bincount(labels[same], counts[same], n_labels)[np.newaxis]
    shared = np.zeros((patterns.shape[1], n_labels))
    for label in range(1, n_labels):
        rows = np.flatnonzero(labels == label)
        shared[:, label] = counts[rows] @ (patterns[rows] == label)
    return shared


def mean_dice(dice: np.ndarray, weights: np.ndarray, dependence: np.ndarray | None = None) -> float:
    """Mean Dice of all pairs of voters, each pair weighted by both weights; NaN where one voter has all the weight.

    Args:
        dice: of each pair, shape (K, K).
        weights: shape (K,).
        dependence: how far each pair is a single voter instead of two, shape (K, K); None where voters are independent.
    """
    pairs = np.multiply.outer(weights, weights)
    if dependence is not None:
        pairs = pairs * (1 - dependence)
    np.fill_diagonal(pairs, 0)
    total = pairs.sum()
    return float((pairs * dice).sum() / total) if total > _NO_PAIR else np.nan


def pairwise_dice(votes: Votes) -> np.ndarray:
    """Mean Dice of each pair of voters over the foreground labels that either shows, shape (K, K).

    It is 1 where both show no foreground label.
    """
    if votes.meanings is not None:
        return structure_pairwise_dice(votes, votes.meanings)
    silent = votes.silence
    speaking = np.ones(votes.patterns.shape) if silent is None else 1.0 - silent
    dice, shown = np.zeros((2, votes.n_voters, votes.n_voters))
    for label in range(1, votes.n_labels):
        rows = np.flatnonzero((votes.patterns == label).any(axis=1))
        given = (votes.patterns[rows] == label).astype(float)
        counted = given.T * votes.counts[rows]
        volumes = counted @ speaking[rows]  # of each voter, counted where the other voter does not abstain
        total = volumes + volumes.T
        dice += np.divide(2 * counted @ given, total, out=np.zeros(total.shape), where=total > 0)
        shown += total > 0
    return np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)
