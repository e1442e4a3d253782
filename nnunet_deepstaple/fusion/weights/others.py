"""How well each voter matches the vote of all others."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..decision.argmax import TIE, decide
from ..decision.running_vote import RunningVote
from ..votes.meanings import Meanings
from ..votes.overlap import dice_of_labels, dice_with
from ..votes.shares import Shares, vote_shares
from ..votes.structures import comparable_dice, dice_of_structures
from ..votes.votes import Votes


def dice_with_others(running: RunningVote, weights: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    """Mean Dice of each voter with the weighted vote of all others, shape (K,).

    Where voters do not look for the same, it is :func:`~..votes.structures.comparable_dice`.

    Args:
        running: vote of the K voters; it is taken again.
        weights: shape (K,), summing to one.
        volumes: voxels of each label in each voter, shape (K, L), see :func:`~..votes.overlap.volumes_of`.
    """
    votes = running.votes
    if votes.meanings is not None:
        return comparable_dice(structure_dice_with_others(votes, votes.meanings, weights), votes.meanings)
    if votes.silence is not None:
        pairs = _votes_and_those_of_others(votes, weights, votes.silence)
        return np.array([dice_with(one, vote)[0] for _, one, vote in pairs])
    return _each_with_others(running, weights, volumes)


def _each_with_others(running: RunningVote, weights: np.ndarray, volumes: np.ndarray) -> np.ndarray:
    rows, shares, lead = running.again(weights, margin=weights.max())
    votes, vote = running.votes, running.labels
    lead -= 2 * TIE  # a voter with less weight than this changes nothing
    near = np.flatnonzero(lead <= weights.max())
    shares, lead, rows = shares.of_patterns(near), lead[near], rows[near]
    votes_near, vote_near = votes.of_patterns(rows), vote[rows]
    second, clear = _runners_up(shares, vote_near)
    shared = running.shared().copy()
    of_labels = np.tile(np.bincount(vote, votes.counts, votes.n_labels), (votes.n_voters, 1))
    for place, own in enumerate(votes_near.patterns.T):
        open_ = np.flatnonzero((lead <= 0) | (own == vote_near) & (lead <= weights[place]))
        before, after = vote_near[open_], second[open_]
        overtaken = clear[open_] & (lead[open_] > 0) & (weights[place] > lead[open_] + 4 * TIE)
        doubtful = np.flatnonzero(~overtaken)
        after[doubtful] = _without(place, open_[doubtful], shares, votes_near, weights)
        for labels, sign in ((before, -1), (after, 1)):
            counts = sign * votes_near.counts[open_]
            of_labels[place] += np.bincount(labels, counts, votes.n_labels)
            shared[place] += np.bincount(labels, counts * (labels == own[open_]), votes.n_labels)
    return dice_of_labels(shared, volumes + of_labels)


def _runners_up(shares: Shares, winners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Label with the largest share beside the winner in each pattern, and whether it alone has it, shape (P,)."""
    others = replace(shares, values=np.where(shares.labels == winners[shares.rows], 0, shares.values))
    largest = others.largest()
    near = np.flatnonzero(others.values >= (largest - 2 * TIE)[shares.rows])
    second = np.zeros(len(largest), winners.dtype)
    second[shares.rows[near]] = shares.labels[near]
    alone = np.bincount(shares.rows[near], minlength=len(largest)) == 1
    return second, alone & (largest > 2 * TIE)


def _without(place: int, rows: np.ndarray, shares: Shares, votes: Votes, weights: np.ndarray) -> np.ndarray:
    """The vote of all voters but one in some patterns."""
    of_others = weights.copy()
    of_others[place] = 0
    some, own = shares.of_patterns(rows), votes.patterns[rows, place]
    others = replace(some, values=some.values - weights[place] * (some.labels == own[some.rows]))
    return np.where(others.largest() <= TIE, 0, decide(others, votes, of_others, rows))


def structure_dice_with_others(votes: Votes, meanings: Meanings, weights: np.ndarray) -> np.ndarray:
    """Dice of each voter with the weighted vote of all others for each structure, shape (K, N).

    It is NaN where the voter does not look for the structure, and where neither shows it.
    """
    silent = votes.patterns == votes.n_labels
    pairs = _votes_and_those_of_others(votes, weights, silent)
    return np.concatenate([dice_of_structures(one, meanings.of_voters(place), vote) for place, one, vote in pairs])


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
