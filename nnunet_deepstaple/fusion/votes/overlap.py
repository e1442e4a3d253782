"""How well the candidates of an image match a label map of it. Where a candidate abstains, it is not compared."""

from collections.abc import Iterator

import numpy as np

from .consensus import TIE, decide, silence
from .weighted import vote_shares

_CHUNK = 1 << 14
"""Patterns looked at at once, so that their shares need not be copied as a whole."""


def volumes_of(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Voxels of each label in each candidate, shape (K, L).

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
    """
    return np.stack([np.bincount(votes, weights=counts, minlength=n_labels)[:n_labels] for votes in patterns.T])


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
    overlap = _shared(patterns, counts, labels, n_labels)[:, 1:]
    of_labels = np.bincount(labels, weights=counts, minlength=n_labels)
    silent = silence(patterns, n_labels)
    if silent is not None:
        unheard = [np.bincount(labels[one], counts[one], n_labels) for one in silent.T]
        of_labels = of_labels - np.stack(unheard)
    total = (volumes + of_labels)[:, 1:]
    shown = total > 0
    dice = np.divide(2 * overlap, total, out=np.zeros(total.shape), where=shown).sum(axis=1)
    return np.divide(dice, shown.sum(axis=1), out=np.ones(len(dice)), where=shown.any(axis=1))


def _shared(patterns: np.ndarray, counts: np.ndarray, labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Voxels of each label that each candidate shares with a label map, shape (K, L); background may be left out."""
    if patterns.shape[1] == 1:
        same = np.flatnonzero(patterns[:, 0] == labels)
        return np.bincount(labels[same], counts[same], n_labels)[np.newaxis]
    shared = np.zeros((patterns.shape[1], n_labels))
    for label in range(1, n_labels):
        rows = np.flatnonzero(labels == label)
        shared[:, label] = counts[rows] @ (patterns[rows] == label)
    return shared


def pairwise_dice(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """Mean Dice of each pair of candidates over the foreground labels that either shows, shape (K, K).

    It is 1 where neither shows any.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
    """
    silent = silence(patterns, n_labels)
    speaking = np.ones(patterns.shape) if silent is None else 1.0 - silent
    dice, shown = np.zeros((2, patterns.shape[1], patterns.shape[1]))
    for label in range(1, n_labels):
        rows = np.flatnonzero((patterns == label).any(axis=1))
        votes = (patterns[rows] == label).astype(float)
        counted = votes.T * counts[rows]
        volumes = counted @ speaking[rows]  # of each candidate, where each other speaks
        total = volumes + volumes.T
        dice += np.divide(2 * counted @ votes, total, out=np.zeros(total.shape), where=total > 0)
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
    silent = silence(patterns, shares.shape[1])
    if silent is not None:
        return np.array(list(_each_with_those_who_speak(patterns, counts, weights, silent, shares.shape[1])))
    return np.array(list(_each_with_others(patterns, counts, shares, weights, volumes)))


def _each_with_others(
    patterns: np.ndarray, counts: np.ndarray, shares: np.ndarray, weights: np.ndarray, volumes: np.ndarray
) -> Iterator[float]:
    vote = decide(shares, patterns, weights)
    lead = _lead(shares, vote) - 2 * TIE  # who has less weight than that changes nothing
    for place, votes in enumerate(patterns.T):
        of_others, without = weights.copy(), vote.copy()
        of_others[place] = 0
        open_ = np.flatnonzero((lead <= 0) | (votes == vote) & (lead <= weights[place]))
        others = shares[open_]
        others[np.arange(len(open_)), votes[open_]] -= weights[place]
        without[open_] = decide(others, patterns[open_], of_others)
        yield float(dice_with(votes[:, np.newaxis], counts, without, volumes[place : place + 1])[0])


def _lead(shares: np.ndarray, winners: np.ndarray) -> np.ndarray:
    """How far the winning label's share is ahead of all others, shape (P,)."""
    lead = np.empty(len(shares))
    for start in range(0, len(shares), _CHUNK):
        some = shares[start : start + _CHUNK].copy()
        won = np.arange(len(some)), winners[start : start + _CHUNK]
        best = some[won]
        some[won] = -np.inf
        lead[start : start + _CHUNK] = best - some.max(axis=1)
    return lead


def _each_with_those_who_speak(
    patterns: np.ndarray, counts: np.ndarray, weights: np.ndarray, silent: np.ndarray, n_labels: int
) -> Iterator[float]:
    for place in range(len(weights)):
        others = np.delete(np.arange(len(weights)), place)
        heard = np.flatnonzero(~silent[:, place] & ~silent[:, others].all(axis=1))
        one, of_others = patterns[heard, place][:, np.newaxis], patterns[heard][:, others]
        vote = decide(vote_shares(of_others, n_labels, weights[others]), of_others, weights[others])
        volumes = volumes_of(one, counts[heard], n_labels)
        yield float(dice_with(one, counts[heard], vote, volumes)[0])
