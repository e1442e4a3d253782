"""STAPLE with one confusion matrix per candidate."""

import numpy as np

from nnunet_deepstaple.fusion.decision.argmax import decide
from nnunet_deepstaple.fusion.decision.consensus import Consensus
from nnunet_deepstaple.fusion.rules.staple import MAX_ITERATIONS, TINY
from nnunet_deepstaple.fusion.votes import Votes
from nnunet_deepstaple.fusion.votes.shares import vote_shares
from nnunet_deepstaple.fusion.weights.weights import Weights

TOLERANCE = 1e-5
"""Change of every entry of the confusion matrices at which the iteration ends, as in ITK."""


def multilabel_staple(votes: Votes, weights: Weights | None = None) -> Consensus:
    """STAPLE for several labels at once.

    Warfield, Zou and Wells, IEEE TMI 23(7), 2004, section II-D; Rohlfing, Russakoff and Maurer, IEEE TMI 23(8), 2004.
    As in ITK's MultiLabelSTAPLEImageFilter, the confusion matrices start from the majority vote and the prior is the
    frequency of each label over all candidates.

    Args:
        votes: of the K candidates.
        weights: left aside, since the candidates' quality is estimated.

    Returns:
        Winning labels, probabilities, and as quality ``sensitivity``, the diagonals of the confusion matrices, shape
        (K, L).
    """
    del weights
    patterns, counts, n_labels, silent = votes.patterns, votes.counts, votes.n_labels, votes.silence
    n_patterns, n_candidates = patterns.shape
    if silent is not None:
        counts = np.where(silent.all(axis=1), 0, counts)
    shares = vote_shares(votes, np.full(n_candidates, 1 / n_candidates))
    prior = counts @ np.asarray(shares) / counts.sum()
    truth = np.eye(n_labels)[decide(shares, votes)]
    confusion = np.full((n_candidates, n_labels, n_labels), np.inf)
    iterations = 0
    while iterations < MAX_ITERATIONS:
        iterations += 1
        previous, confusion = confusion, _confusion(patterns, counts[:, np.newaxis] * truth)
        logits = np.tile(np.log(np.maximum(prior, TINY)), (n_patterns, 1))
        for given, matrix in zip(patterns.T, np.log(np.maximum(confusion, TINY)), strict=True):
            logits += np.vstack([matrix, np.zeros(n_labels)])[given]  # those who abstain tell nothing
        truth = np.exp(logits - logits.max(axis=1, keepdims=True))
        truth /= truth.sum(axis=1, keepdims=True)
        if np.abs(confusion - previous).max() < TOLERANCE:
            break
    return Consensus(
        decide(truth, votes),
        truth,
        quality={"sensitivity": np.diagonal(confusion, axis1=1, axis2=2)},
        convergence={"iterations": iterations, "converged": iterations < MAX_ITERATIONS},
    )


def _confusion(patterns: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probability of each vote given each true label, shape (K, L votes, L true)."""
    n_labels = truth.shape[1]
    confusion = np.empty((patterns.shape[1], n_labels, n_labels))
    for votes, matrix in zip(patterns.T, confusion, strict=True):
        for label in range(n_labels):
            matrix[:, label] = np.bincount(votes, weights=truth[:, label], minlength=n_labels)[:n_labels]
    return confusion / np.maximum(confusion.sum(axis=1, keepdims=True), TINY)
