"""The label with the largest share wins; ties have their own rule."""

import numpy as np

from ..votes.shares import Shares
from ..votes.votes import Votes

TIE = 1e-9
"""Labels whose shares differ by less than this are tied, because their sums carry float noise."""

_CHUNK = 1 << 15
"""Patterns that are decided at once, so that the work fits in a cache."""


def decide(
    shares: np.ndarray | Shares, votes: Votes, weights: np.ndarray | None = None, patterns: np.ndarray | None = None
) -> np.ndarray:
    """Index of the winning label of each pattern, shape (P,).

    Ties are settled as in :func:`winning_shares`. It has the same arguments; here, shares may also be an array of shape
    (P, L).
    """
    shares = Shares.of(shares)
    return shares.labels[winning_shares(shares, votes, weights, patterns)].astype(np.intp)


def winning_shares(
    shares: Shares, votes: Votes, weights: np.ndarray | None = None, patterns: np.ndarray | None = None
) -> np.ndarray:
    """Number of the winning label's share of each pattern.

    A tie goes to the label of the voter with the largest weight, and then to the smallest label. A label that no voter
    gave never wins.

    Args:
        shares: of the labels in P patterns.
        votes: of the K voters.
        weights: of the voters, shape (K,); None when all are equal.
        patterns: which of the votes' patterns the shares belong to, shape (P,), indices; None for all.

    Returns:
        Numbers of shares, shape (P,).
    """
    found = [np.zeros(0, np.intp)]
    for rows, part in shares.parts(_CHUNK):
        of_votes = np.arange(rows.start, rows.stop) if patterns is None else patterns[rows]
        found.append(shares.starts[rows.start] + _winning(part, votes, weights, of_votes))
    return np.concatenate(found)


def lead_of(shares: Shares, winning: np.ndarray) -> np.ndarray:
    """How far the winning share of each pattern (:func:`winning_shares`) is ahead of all others, shape (P,)."""
    lead = shares.values[winning]
    for rows, part in shares.parts(_CHUNK):
        others = part.values.copy()
        others[winning[rows] - shares.starts[rows.start]] = 0
        lead[rows] -= np.maximum.reduceat(others, part.starts[:-1])
    return lead


def _winning(shares: Shares, votes: Votes, weights: np.ndarray | None, patterns: np.ndarray) -> np.ndarray:
    """As :func:`winning_shares`, for a few patterns."""
    winning = np.flatnonzero(shares.values >= (shares.largest() - TIE)[shares.rows])
    rows = shares.rows[winning]
    first = np.flatnonzero(np.diff(rows, prepend=-1))  # the smallest of the labels that are tied
    winners = winning[first]
    if len(first) < len(rows) and weights is not None and (votes.meanings is not None or _differ(weights)):
        tied = np.flatnonzero(np.diff(first, append=len(rows)) > 1)
        is_tied = np.zeros(len(first), bool)
        is_tied[tied] = True
        among = is_tied[rows]
        places = winning[among]
        winners[tied] = places[_heaviest(shares.labels[places], patterns[rows[among]], votes, weights)]
    return winners


def _differ(weights: np.ndarray) -> bool:
    """Whether some of the voters with a weight are heavier than others.

    If not, each label with a share has an equally heavy voter, unless only votes for several labels name it.
    """
    given = weights[weights > 0]
    return given.size > 0 and bool(given.max() - given.min() > TIE)


def _heaviest(labels: np.ndarray, rows: np.ndarray, votes: Votes, weights: np.ndarray) -> np.ndarray:
    """Which of the labels that are tied in a pattern is that of the voter with the largest weight.

    Args:
        labels: that are tied, ascending in each pattern, shape (N,).
        rows: their patterns, ascending, shape (N,).
        votes: of the K voters.
        weights: shape (K,).

    Returns:
        Place of one label for each of the patterns.
    """
    heaviest = np.zeros(len(labels))
    for place in np.argsort(weights, kind="stable"):
        heaviest[votes.patterns[rows, place] == labels] = weights[place]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    best = np.maximum.reduceat(heaviest, starts) - TIE
    among = np.flatnonzero(heaviest >= np.repeat(best, np.diff(starts, append=len(rows))))
    return among[np.flatnonzero(np.diff(rows[among], prepend=-1))]
