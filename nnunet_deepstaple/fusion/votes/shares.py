"""Weighted voting."""

import numpy as np

from .consensus import Consensus, decide, silence

_CHUNK = 1 << 17
"""Votes counted, or sums made, at once, so that the work fits in a cache."""


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
    """Share of the weights that each label gets in each pattern, shape (P, L).

    Candidates that abstain leave their weight to the others; if these have none, they share equally. Where all abstain,
    background has everything. The sums run from the heaviest candidate to the lightest, so that they do not depend on
    the candidates' order.
    """
    order = np.argsort(-weights, kind="stable")[: np.count_nonzero(weights)]
    silent = silence(patterns, n_labels)
    width = n_labels if silent is None else n_labels + 1
    shares = np.empty((len(patterns), width))
    step = max(_CHUNK // max(len(order), width), 1)
    for start in range(0, len(patterns), step):
        votes = patterns[start : start + step, order]
        cells = votes + width * np.arange(len(votes))[:, np.newaxis]
        sums = np.bincount(cells.ravel(), np.tile(weights[order], len(votes)), width * len(votes))
        shares[start : start + step] = sums.reshape(-1, width)
    if silent is None:
        return shares
    return _among_those_who_speak(shares[:, :n_labels], patterns, silent)


def _among_those_who_speak(sums: np.ndarray, patterns: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Scale the sums of the weights, shape (P, L), to shares in all patterns in which candidates abstain."""
    n_labels = sums.shape[1]
    rows = np.flatnonzero(silent.any(axis=1))
    shares, total = sums[rows], sums[rows].sum(axis=1)
    for row in np.flatnonzero(total == 0):
        speaking = patterns[rows[row]][~silent[rows[row]]]
        shares[row] = np.bincount(speaking, minlength=n_labels) if speaking.size else np.eye(n_labels)[0]
    sums[rows] = shares / shares.sum(axis=1, keepdims=True)
    return sums
