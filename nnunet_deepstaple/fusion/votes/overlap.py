"""How well voters match a label map and each other.

A voter is not compared where it abstains. Voters who do not look for the same labels are compared on what both look
for (:mod:`.structures`).
"""

from collections.abc import Iterator

import numpy as np

from .structures import structure_dice_with, structure_pairwise_dice
from .votes import Votes

_NO_PAIR = 1e-9

_CHUNK = 1 << 18
"""Votes that are compared at once, so that the work fits in a cache."""

_EXACT = 1 << 24
"""Sums of so many ones are exact in float32."""


def volumes_of(votes: Votes) -> np.ndarray:
    """Voxels of each label in each voter, shape (K, L)."""
    everything = max(votes.n_labels, int(votes.patterns.max(initial=0)) + 1)
    volumes = votes.sides.counted(slice(None), votes.counts, everything)
    return volumes[:, : votes.n_labels]


def dice_with(
    votes: Votes, labels: np.ndarray, volumes: np.ndarray | None = None, shared: np.ndarray | None = None
) -> np.ndarray:
    """Mean Dice of each voter with a label map over the foreground labels that either shows, shape (K,).

    It is 1 where both show no foreground label.

    Args:
        votes: of the K voters.
        labels: index of the label map's label in each pattern, shape (P,).
        volumes: of :func:`volumes_of`, if they are already known.
        shared: of :func:`shared_with`, if they are already known.
    """
    if votes.meanings is not None:
        return structure_dice_with(votes, votes.meanings, labels)
    volumes = volumes_of(votes) if volumes is None else volumes
    counts, n_labels, silent = votes.counts, votes.n_labels, votes.silence
    of_labels = np.bincount(labels, weights=counts, minlength=n_labels)
    if silent is not None:
        unheard = [np.bincount(labels[one], counts[one], n_labels) for one in silent.T]
        of_labels = of_labels - np.stack(unheard)
    return dice_of_labels(shared_with(votes, labels) if shared is None else shared, volumes + of_labels)


def dice_of_labels(shared: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Mean Dice over the foreground labels that occur, shape (K,); 1 where none does.

    Args:
        shared: voxels of each label in both of two label maps, shape (K, L); the background does not matter.
        total: the sum of its voxels in each, shape (K, L).
    """
    shared, total = shared[:, 1:], total[:, 1:]
    shown = total > 0
    dice = np.divide(2 * shared, total, out=np.zeros(total.shape), where=shown).sum(axis=1)
    return np.divide(dice, shown.sum(axis=1), out=np.ones(len(dice)), where=shown.any(axis=1))


def shared_with(votes: Votes, labels: np.ndarray) -> np.ndarray:
    """Voxels of each label that each voter shares with a label map, shape (K, L)."""
    sides = votes.sides
    places = np.flatnonzero(sides.labels == labels.astype(sides.labels.dtype)[sides.rows])
    return sides.counted(places, votes.counts, votes.n_labels)


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
    silences, sides = votes.silence is not None, votes.sides
    dice, shown = np.zeros((2, votes.n_voters, votes.n_voters))
    for label in range(1, votes.n_labels):
        shared, volumes = np.zeros((2, votes.n_voters, votes.n_voters))
        for some in _slices(sides.of_label(label), _CHUNK // votes.n_voters):
            rows, given = sides.rows[some], sides.members(some)
            shared += _times(given, given, votes.counts[rows])
            if silences:  # of each voter, counted where the other voter does not abstain
                volumes += _times(given, votes.patterns[rows] != votes.n_labels, votes.counts[rows])
        if not silences:
            volumes += np.diag(shared)[:, np.newaxis]
        total = volumes + volumes.T
        dice += np.divide(2 * shared, total, out=np.zeros(total.shape), where=total > 0)
        shown += total > 0
    return np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)


def _times(one: np.ndarray, other: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Σ_p one_pi counts_p other_pj, shape (I, J), for tables of yes and no, shapes (P, I) and (P, J). It is exact."""
    if len(counts) < _EXACT and (counts == 1).all():  # the usual case of many patterns, at twice the speed
        left = one.astype(np.float32)
        return left.T @ (left if other is one else other.astype(np.float32))
    return (one.T * counts.astype(float)) @ other.astype(float)


def _slices(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (rows[start : start + size] for start in range(0, len(rows), max(size, 1)))
