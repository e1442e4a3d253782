"""Weigh each voter by the vote of the others, again and again until the weights no longer change."""

import numpy as np

from ..decision.running_vote import RunningVote
from ..votes.overlap import volumes_of
from ..votes.votes import Votes
from .others import dice_with_others
from .weights import Weights

POWER = 6.0
"""Weights are this power of a voter's Dice with the vote of the others (docs/results.md)."""

MAX_ITERATIONS = 100
TOLERANCE = 1e-4
"""The iteration ends when every weight changes by less than this."""


def leave_one_out_weights(votes: Votes, power: float = POWER) -> Weights:
    """Weigh each voter by a power of its Dice with the weighted vote of all others.

    This is iterative weighted majority voting (Li and Yu, "Error rate bounds and iterative weighted majority voting for
    crowdsourcing", arXiv:1411.4086, 2014), with two changes. First, a voter is compared with a vote that lacks it, so
    that no voter confirms itself. Second, the comparison is by Dice, which does not depend on the background. Each
    round goes half of the way to the new weights.

    Args:
        votes: of the K voters.
        power: of the Dice.

    Returns:
        The weights, and as quality ``dice`` with the vote of the others, shape (K,).
    """
    weights = np.full(votes.n_voters, 1 / votes.n_voters)
    running, volumes = RunningVote(votes), volumes_of(votes)
    iterations, settled = 0, False
    while not settled and iterations < MAX_ITERATIONS:
        iterations += 1
        dice = dice_with_others(running, weights, volumes)
        powers = dice**power if dice.any() else np.ones(dice.shape)
        previous, weights = weights, (weights + powers / powers.sum()) / 2
        settled = bool(np.abs(weights - previous).max() < TOLERANCE)
    return Weights(weights, {"dice": dice}, {"iterations": iterations, "converged": settled})
