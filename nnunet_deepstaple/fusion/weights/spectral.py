"""Spectral weights: how much voters overlap with each other tells how good each one is."""

import numpy as np

from .weights import Weights

POWER = 8.0
"""Weights are this power of a voter's entry in the eigenvector (docs/results.md)."""


def spectral_weights(dice: np.ndarray, power: float = POWER) -> Weights:
    """Weigh each voter by a power of its entry in the leading eigenvector of the pairwise Dice.

    Parisi, Strino, Nadler and Kluger, "Ranking and combining multiple predictors without labeled data", PNAS 111(4),
    2014: where voters err independently, what two of them share is, off the diagonal, the product of how good each is,
    so that the matrix has rank one and its eigenvector ranks the voters. The Dice coefficient, averaged over
    foreground labels, stands here for their covariance, for it does not depend on the background.

    Args:
        dice: of each pair (:func:`~..votes.overlap.pairwise_dice`), shape (K, K).
        power: of the eigenvector's entries.

    Returns:
        The weights, and as quality ``centrality``, the eigenvector's entries divided by the largest, shape (K,).
    """
    centrality = leading_eigenvector(dice)
    return Weights(centrality**power / (centrality**power).sum(), {"centrality": centrality})


def leading_eigenvector(dice: np.ndarray) -> np.ndarray:
    """Entries of the leading eigenvector of a symmetric matrix without its diagonal, the largest 1, shape (K,).

    Where several are leading, as when groups of voters overlap with none of another, it is the one nearest to equal
    entries, which does not depend on the voters' order.
    """
    values, vectors = np.linalg.eigh(dice - np.diag(np.diag(dice)))
    leading = vectors[:, values >= values[-1] - 1e-9]
    entries = np.abs(leading @ leading.sum(axis=0))
    return entries / entries.max()
