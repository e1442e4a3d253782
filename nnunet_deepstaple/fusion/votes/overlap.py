"""How well voters match a label map and each other.

A voter is not compared where it abstains. Voters who do not look for the same labels are compared on what both look
for (:mod:`.structures`).
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from .shares import chunks_of
from .structures import structure_dice_with, structure_pairwise_dice
from .votes import Votes

_NO_PAIR = 1e-9

_CHUNK = 1 << 17
"""Votes that are compared at once, so that the work fits in a cache."""

_EXACT = 1 << 24
"""Sums of so many ones are exact in float32."""


def volumes_of(votes: Votes) -> np.ndarray:
    """Voxels of each label in each voter, shape (K, L)."""
    everything = max(votes.n_labels, int(votes.patterns.max(initial=0)) + 1)
    volumes = np.zeros(votes.n_voters * everything)
    step, places = max(_CHUNK // max(votes.n_voters, 1), 1), everything * np.arange(votes.n_voters)
    for start in range(0, len(votes.patterns), step):
        cells = votes.patterns[start : start + step] + places
        counts = np.repeat(votes.counts[start : start + step], votes.n_voters)
        volumes += np.bincount(cells.ravel(), counts, len(volumes))
    return volumes.reshape(-1, everything)[:, : votes.n_labels]


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
    """Voxels of each label that each voter shares with a label map, shape (K, L); background may be left out."""
    patterns, counts, n_labels = votes.patterns, votes.counts, votes.n_labels
    if patterns.shape[1] == 1:
        same = np.flatnonzero(patterns[:, 0] == labels)
        return np.bincount(labels[same], counts[same], n_labels)[np.newaxis]
    shared = np.zeros((patterns.shape[1], n_labels))
    order = np.argsort(labels.astype(np.min_scalar_type(n_labels)), kind="stable")
    starts = np.searchsorted(labels[order], np.arange(n_labels + 1))
    for label, (start, stop) in enumerate(pairwise(starts.tolist())):
        for rows in _slices(order[start:stop], _CHUNK // patterns.shape[1]) if label else ():
            shared[:, label] += counts[rows].astype(float) @ (patterns[rows] == label)
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
    silences = votes.silence is not None
    dice, shown = np.zeros((2, votes.n_voters, votes.n_voters))
    for label, rows in enumerate(rows_of_labels(votes)[1:], 1):
        shared, volumes = np.zeros((2, votes.n_voters, votes.n_voters))
        for some in _slices(rows, _CHUNK // votes.n_voters):
            patterns, counts = votes.patterns[some], votes.counts[some]
            given = patterns == label
            shared += _times(given, given, counts)
            if silences:  # of each voter, counted where the other voter does not abstain
                volumes += _times(given, patterns != votes.n_labels, counts)
        if not silences:
            volumes += np.diag(shared)[:, np.newaxis]
        total = volumes + volumes.T
        dice += np.divide(2 * shared, total, out=np.zeros(total.shape), where=total > 0)
        shown += total > 0
    return np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)


def rows_of_labels(votes: Votes) -> list[np.ndarray]:
    """Patterns in which some voter gives each label, ascending; voters must give a voxel one label or none."""
    found = [(np.zeros(0, votes.patterns.dtype), np.zeros(0, np.int32))]
    for rows, present, places in chunks_of(votes):
        width = len(present)
        given = np.zeros(len(places) * width, bool)
        given[(places + width * np.arange(len(places))[:, np.newaxis]).ravel()] = True
        cells = np.flatnonzero(given)
        found.append(
            (present.astype(votes.patterns.dtype)[cells % width], (cells // width + rows.start).astype(np.int32))
        )
    labels, patterns = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(np.bincount(labels, minlength=votes.n_labels))[: votes.n_labels]
    return np.split(patterns[order], ends)[:-1]


def _times(one: np.ndarray, other: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Σ_p one_pi counts_p other_pj, shape (I, J), for tables of yes and no, shapes (P, I) and (P, J). It is exact."""
    if len(counts) < _EXACT and (counts == 1).all():  # the usual case of many patterns, at twice the speed
        left = one.astype(np.float32)
        return left.T @ (left if other is one else other.astype(np.float32))
    return (one.T * counts.astype(float)) @ other.astype(float)


def _slices(rows: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (rows[start : start + size] for start in range(0, len(rows), max(size, 1)))
