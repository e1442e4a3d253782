"""Spectral weights: how much candidates overlap with each other tells how good each one is."""

import numpy as np

from .consensus import Consensus, decide
from .expected_dice import decide_by_dice, hardly_overlap
from .overlap import pairwise_dice
from .weighted import vote_shares

POWER = 8.0
"""Weights are this power of a candidate's entry in the eigenvector (docs/results.md)."""


def spectral(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, *, power: float = POWER
) -> Consensus:
    """Each candidate votes with a power of its entry in the leading eigenvector of the pairwise Dice.

    Parisi, Strino, Nadler and Kluger, "Ranking and combining multiple predictors without labeled data", PNAS 111(4),
    2014: where voters err independently, what two of them share is, off the diagonal, the product of how good each is,
    so that the matrix has rank one and its eigenvector ranks the voters. The Dice coefficient, averaged over
    foreground labels, stands here for their covariance, for it does not depend on the background.

    Where the candidates hardly overlap, two above all, the label map is that of the largest expected Dice
    (:mod:`.expected_dice`).

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K,); left aside, since the candidates' quality is estimated.
        power: of the eigenvector's entries.

    Returns:
        Winning labels, shares of the vote, its weights, and as quality ``centrality``, the eigenvector's entries
        divided by the largest, shape (K,).
    """
    centrality = centrality_of(patterns, counts, n_labels)
    weights = centrality**power / (centrality**power).sum()
    shares = vote_shares(patterns, n_labels, weights)
    by_dice = hardly_overlap(patterns, counts, n_labels, weights)
    labels = decide_by_dice(shares, patterns, counts, weights) if by_dice else decide(shares, patterns, weights)
    return Consensus(labels, shares, weights, quality={"centrality": centrality}, by_dice=by_dice)


def centrality_of(patterns: np.ndarray, counts: np.ndarray, n_labels: int) -> np.ndarray:
    """How central each candidate is among the others, the most central 1, shape (K,).

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
    """
    return _leading_eigenvector(pairwise_dice(patterns, counts, n_labels))


def _leading_eigenvector(dice: np.ndarray) -> np.ndarray:
    """Entries of the leading eigenvector of a symmetric matrix without its diagonal, the largest 1, shape (K,).

    Where several are leading, as when groups of candidates overlap with none of another, it is the one nearest to
    equal entries, which does not depend on the candidates' order.
    """
    values, vectors = np.linalg.eigh(dice - np.diag(np.diag(dice)))
    leading = vectors[:, values >= values[-1] - 1e-9]
    entries = np.abs(leading @ leading.sum(axis=0))
    return entries / entries.max()
