"""SIMPLE: candidates that fall far behind the consensus are rejected, and the others vote again."""

import numpy as np

from .consensus import Consensus, decide
from .overlap import dice_with, volumes_of
from .weighted import vote_shares

MAX_ITERATIONS = 100


def simple(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, *, alpha: float = 1.5
) -> Consensus:
    """Selective and iterative method for performance level estimation.

    Langerak et al., "Label fusion in atlas-based segmentation using a selective and iterative method for performance
    level estimation (SIMPLE)", IEEE TMI 29(12), 2010. Starting from the majority vote, each round measures the
    candidates against the consensus, rejects for good those that lie more than ``alpha`` standard deviations
    below the mean of the candidates that are left, and lets these vote again, each with its performance as weight.
    It ends when no candidate is rejected and the consensus stays.

    The performance is the Dice coefficient, averaged over the foreground labels that the candidate or the consensus
    has.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K,); left aside, since the candidates' performance is estimated.
        alpha: how many standard deviations below the mean are accepted.

    Returns:
        Winning labels, shares of the final vote, final weights (0 for the rejected), and ``dice`` with the
        consensus as quality, shape (K,).
    """
    weights = np.full(weights.shape, 1 / len(weights))
    kept = np.ones(weights.shape, bool)
    shares = vote_shares(patterns, n_labels, weights)
    labels = decide(shares, patterns, weights)
    volumes = volumes_of(patterns, counts, n_labels)
    iterations, settled = 0, False
    while not settled and iterations < MAX_ITERATIONS:
        iterations += 1
        dice = dice_with(patterns, counts, labels, volumes)
        previous, threshold = (kept, labels), dice[kept].mean() - alpha * dice[kept].std()
        kept = kept & (dice >= threshold - 1e-9)
        performance = np.where(kept, dice, 0)
        if performance.sum() > 0:
            weights = performance / performance.sum()
        shares = vote_shares(patterns, n_labels, weights)
        labels = decide(shares, patterns, weights)
        settled = np.array_equal(kept, previous[0]) and np.array_equal(labels, previous[1])
    return Consensus(
        labels,
        shares,
        weights,
        quality={"dice": dice_with(patterns, counts, labels, volumes)},
        convergence={"iterations": iterations, "converged": settled, "rejected": int((~kept).sum())},
    )
