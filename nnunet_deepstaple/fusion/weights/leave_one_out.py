"""Weights from the vote of the others, and the others' from theirs, until they agree."""

import numpy as np

from .consensus import Consensus, decide
from .overlap import dice_with_others, volumes_of
from .weighted import vote_shares

POWER = 6.0
"""Weights are this power of a candidate's Dice with the vote of the others (docs/results.md)."""

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
"""Change of every weight at which the iteration ends."""


def leave_one_out(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, *, power: float = POWER
) -> Consensus:
    """Each candidate votes with a power of its Dice with the weighted vote of all others.

    Iterative weighted majority voting of Li and Yu, "Error rate bounds and iterative weighted majority voting for
    crowdsourcing", arXiv:1411.4086, 2014, with two changes: a candidate is compared with a vote in which it has no
    part, so that no one confirms himself, and by Dice, which does not depend on the background. Each round goes
    half of the way to the new weights.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K,); left aside, since the candidates' quality is estimated.
        power: of the Dice.

    Returns:
        Winning labels, shares of the vote, its weights, and as quality ``dice`` with the vote of the others, shape
        (K,).
    """
    weights = np.full(weights.shape, 1 / len(weights))
    volumes = volumes_of(patterns, counts, n_labels)
    iterations, settled = 0, False
    while not settled and iterations < MAX_ITERATIONS:
        iterations += 1
        shares = vote_shares(patterns, n_labels, weights)
        dice = dice_with_others(patterns, counts, shares, weights, volumes)
        powers = dice**power if dice.any() else np.ones(dice.shape)
        previous, weights = weights, (weights + powers / powers.sum()) / 2
        settled = bool(np.abs(weights - previous).max() < TOLERANCE)
    shares = vote_shares(patterns, n_labels, weights)
    return Consensus(
        decide(shares, patterns, weights),
        shares,
        weights,
        quality={"dice": dice},
        convergence={"iterations": iterations, "converged": settled},
    )
