"""Weighted voting."""

import numpy as np

from .consensus import Consensus, decide

_CHUNK = 1 << 18
"""Votes counted at once, so that the work fits in a cache."""


def weighted(patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray) -> Consensus:
    """Each candidate votes with its weight; the label with the largest sum wins.

    For learned weights this is the consensus of Weihsbach et al., "DeepSTAPLE: Learning to Predict Multimodal
    Registration Quality for Unsupervised Domain Adaptation", WBIR 2022, section 2.3; for weights in general, weighted
    voting as in Artaechevarria et al., IEEE TMI 28(8), 2009.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,); does not matter here.
        n_labels: L.
        weights: of the candidates, shape (K,), not negative, summing to one.

    Returns:
        Winning labels, and each label's share of the weight as its probability.
    """
    del counts
    shares = vote_shares(patterns, n_labels, weights)
    return Consensus(decide(shares, patterns, weights), shares, weights)


def vote_shares(patterns: np.ndarray, n_labels: int, weights: np.ndarray) -> np.ndarray:
    """Sum of the weights that each label gets in each pattern, shape (P, L).

    The sums run from the heaviest candidate to the lightest, so that they do not depend on the candidates' order.
    """
    order = np.argsort(-weights, kind="stable")[: np.count_nonzero(weights)]
    shares = np.empty((len(patterns), n_labels))
    step = max(_CHUNK // max(len(order), 1), 1)
    for start in range(0, len(patterns), step):
        votes = patterns[start : start + step, order]
        cells = votes + n_labels * np.arange(len(votes))[:, np.newaxis]
        sums = np.bincount(cells.ravel(), np.tile(weights[order], len(votes)), n_labels * len(votes))
        shares[start : start + step] = sums.reshape(-1, n_labels)
    return shares
