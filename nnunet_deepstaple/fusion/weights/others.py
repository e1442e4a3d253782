"""How well each voter matches the vote of all others."""

from collections.abc import Iterator

import numpy as np

from ..decision.argmax import TIE, decide
from ..votes.meanings import Meanings
from ..votes.overlap import dice_with
from ..votes.shares import vote_shares
from ..votes.structures import dice_of_structures
from ..votes.votes import Votes

_CHUNK = 1 << 14
"""Patterns processed at once, so that their shares need not be copied as a whole."""


def dice_with_others(votes: Votes, shares: np.ndarray, weights: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Mean Dice of each voter with the weighted vote of all others, shape (K,).

    Args:
        votes: of the K voters.
        shares: of each label by the weights of all voters, shape (P, L).
        weights: shape (K,), summing to one.
        volumes: voxels of each label in each voter, shape (K, L), see :func:`~..votes.overlap.volumes_of`.
    """
    silent = votes.silence
    if silent is None and votes.meanings is not None:
        silent = np.zeros(votes.patterns.shape, bool)
    if silent is not None:
        return np.array(list(_each_with_those_who_speak(votes, weights, silent)))
    return np.array(list(_each_with_others(votes, shares, weights, volumes)))


def _each_with_others(votes: Votes, shares: np.ndarray, weights: np.ndarray, volumes: np.ndarray) -> Iterator[float]:
    vote = decide(shares, votes, weights)
    lead = _lead(shares, vote) - 2 * TIE  # a voter with less weight than this changes nothing
    for place, own in enumerate(votes.patterns.T):
        of_others, without = weights.copy(), vote.copy()
        of_others[place] = 0
        open_ = np.flatnonzero((lead <= 0) | (own == vote) & (lead <= weights[place]))
        others = shares[open_]
        others[np.arange(len(open_)), own[open_]] -= weights[place]
        without[open_] = decide(others, votes.of_patterns(open_), of_others)
        one = votes.of_voters(slice(place, place + 1))
        yield float(dice_with(one, without, volumes[place : place + 1])[0])


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


def structure_dice_with_others(votes: Votes, meanings: Meanings, weights: np.ndarray) -> np.ndarray:
    """Dice of each voter with the weighted vote of all others for each structure, shape (K, N).

    It is NaN where the voter does not look for the structure, and where neither shows it.
    """
    silent = votes.patterns == votes.n_labels
    pairs = _votes_and_those_of_others(votes, weights, silent)
    return np.concatenate([dice_of_structures(one, meanings.of_voters(place), vote) for place, one, vote in pairs])


def _each_with_those_who_speak(votes: Votes, weights: np.ndarray, silent: np.ndarray) -> Iterator[float]:
    for _, one, vote in _votes_and_those_of_others(votes, weights, silent):
        yield float(dice_with(one, vote)[0])


def _votes_and_those_of_others(
    votes: Votes, weights: np.ndarray, silent: np.ndarray
) -> Iterator[tuple[slice, Votes, np.ndarray]]:
    """Place of each voter, its votes where it and others speak, and the label that the others give there."""
    for number in range(votes.n_voters):
        others = np.delete(np.arange(votes.n_voters), number)
        heard = votes.of_patterns(np.flatnonzero(~silent[:, number] & ~silent[:, others].all(axis=1)))
        of_others = heard.of_voters(others)
        vote = decide(vote_shares(of_others, weights[others]), of_others, weights[others])
        place = slice(number, number + 1)
        yield place, heard.of_voters(place), vote
