"""The label with the largest share wins, and ties are settled."""

import numpy as np

from ..votes.votes import Votes

TIE = 1e-9
"""Labels whose shares differ by less are tied: the sums that make them carry float noise."""


def decide(shares: np.ndarray, votes: Votes, weights: np.ndarray | None = None) -> np.ndarray:
    """Index of the winning label of each pattern.

    A tie goes to the label of the voter with the largest weight, and then to the smallest label. It never makes a label
    that no voter has.

    Args:
        shares: shape (P, L).
        votes: of the K voters.
        weights: of the voters, shape (K,); None when they are all the same.

    Returns:
        Label indices, shape (P,).
    """
    winners = shares.argmax(axis=1)
    tied = shares >= shares.max(axis=1, keepdims=True) - TIE
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    if rows.size:
        winning = tied[rows]
        if weights is not None:
            heaviest = np.zeros((rows.size, winning.shape[1] + 1))  # the last is for those who give no label
            single = np.minimum(votes.patterns[rows], winning.shape[1])
            np.maximum.at(heaviest, (np.arange(rows.size)[:, np.newaxis], single), weights)
            heaviest = heaviest[:, :-1]
            heaviest[~winning] = -1
            winning &= heaviest >= heaviest.max(axis=1, keepdims=True) - TIE
        winners[rows] = winning.argmax(axis=1)
    return winners
