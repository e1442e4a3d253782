"""Weighted voting."""

import numpy as np

from .consensus import Consensus, decide


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
    shares = np.zeros((len(patterns), n_labels))
    rows = np.arange(len(patterns))
    for candidate in np.argsort(-weights, kind="stable"):
        shares[rows, patterns[:, candidate]] += weights[candidate]
    return shares
