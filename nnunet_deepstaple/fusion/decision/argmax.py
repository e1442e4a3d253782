"""The label with the largest share wins; ties have their own rule."""

import numpy as np

from ..votes.votes import Votes

TIE = 1e-9
"""Labels whose shares differ by less than this are tied, because their sums carry float noise."""


def decide(shares: np.ndarray, votes: Votes, weights: np.ndarray | None = None) -> np.ndarray:
    """Index of the winning label of each pattern.

    A tie goes to the label of the voter with the largest weight, and then to the smallest label. A label that no voter
    gave never wins.

    Args:
        shares: shape (P, L).
        votes: of the K voters.
        weights: of the voters, shape (K,); None when all are equal.

    Returns:
        Label indices, shape (P,).
    """
    winners = shares.argmax(axis=1)
    tied = shares >= shares.max(axis=1, keepdims=True) - TIE
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    if rows.size:
        winning = tied[rows]
        if weights is not None:
            heaviest = np.zeros((rows.size, winning.shape[1] + 1))  # the last column is for voters that give no label
            single = np.minimum(votes.patterns[rows], winning.shape[1])
            np.maximum.at(heaviest, (np.arange(rows.size)[:, np.newaxis], single), weights)
            heaviest = heaviest[:, :-1]
            heaviest[~winning] = -1
            winning &= heaviest >= heaviest.max(axis=1, keepdims=True) - TIE
        winners[rows] = winning.argmax(axis=1)
    return winners
