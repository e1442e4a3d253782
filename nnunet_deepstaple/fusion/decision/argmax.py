"""The label with the largest share wins; ties have their own rule."""

from dataclasses import replace

import numpy as np

from ..votes.shares import Shares
from ..votes.votes import Votes

TIE = 1e-9
"""Labels whose shares differ by less than this are tied, because their sums carry float noise."""


def decide(
    shares: np.ndarray | Shares, votes: Votes, weights: np.ndarray | None = None, patterns: np.ndarray | None = None
) -> np.ndarray:
    """Index of the winning label of each pattern.

    A tie goes to the label of the voter with the largest weight, and then to the smallest label. A label that no voter
    gave never wins.

    Args:
        shares: of the labels in P patterns; an array has shape (P, L).
        votes: of the K voters.
        weights: of the voters, shape (K,); None when all are equal.
        patterns: which of the votes' patterns the shares belong to, shape (P,), indices; None for all.

    Returns:
        Label indices, shape (P,).
    """
    shares = Shares.of(shares)
    winning = np.flatnonzero(shares.values >= (shares.largest() - TIE)[shares.rows])
    rows = shares.rows[winning]
    first = np.flatnonzero(np.diff(rows, prepend=-1))  # the smallest of the labels that are tied
    winners = shares.labels[winning[first]].astype(np.intp)
    if weights is not None and len(first) < len(rows):
        tied = np.flatnonzero(np.diff(first, append=len(rows)) > 1)
        is_tied = np.zeros(len(first), bool)
        is_tied[tied] = True
        among = is_tied[rows]
        of_votes = rows[among] if patterns is None else patterns[rows[among]]
        winners[tied] = _heaviest(shares.labels[winning[among]], of_votes, votes, weights)
    return winners


def lead_of(shares: Shares, winners: np.ndarray) -> np.ndarray:
    """How far the winning label's share is ahead of all others, shape (P,)."""
    others = np.where(shares.labels == winners[shares.rows], 0, shares.values)
    return shares.of_labels(winners) - replace(shares, values=others).largest()


def _heaviest(labels: np.ndarray, rows: np.ndarray, votes: Votes, weights: np.ndarray) -> np.ndarray:
    """Label, among those that are tied in a pattern, of the voter with the largest weight.

    Args:
        labels: that are tied, ascending in each pattern, shape (N,).
        rows: their patterns, ascending, shape (N,).
        votes: of the K voters.
        weights: shape (K,).

    Returns:
        One label for each of the patterns.
    """
    heaviest = np.zeros(len(labels))
    for place in np.argsort(weights, kind="stable"):
        heaviest[votes.patterns[rows, place] == labels] = weights[place]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    best = np.maximum.reduceat(heaviest, starts) - TIE
    among = np.flatnonzero(heaviest >= np.repeat(best, np.diff(starts, append=len(rows))))
    return labels[among[np.flatnonzero(np.diff(rows[among], prepend=-1))]]
