"""SIMPLE: candidates that fall far behind the consensus are rejected, and the others vote again."""

import numpy as np

from ..decision.consensus import Consensus
from ..decision.running_vote import RunningVote
from ..votes.overlap import volumes_of
from ..votes.shares import vote_shares
from ..votes.votes import Votes
from ..weights.weights import Weights

MAX_ITERATIONS = 100


def simple(votes: Votes, weights: Weights | None = None, *, alpha: float = 1.5) -> Consensus:
    """Selective and iterative method for performance level estimation.

    Langerak et al., "Label fusion in atlas-based segmentation using a selective and iterative method for performance
    level estimation (SIMPLE)", IEEE TMI 29(12), 2010. It starts from the majority vote. Each round measures the
    remaining candidates against the consensus. It rejects those that lie more than ``alpha`` standard deviations below
    their mean, and they do not come back. The others vote again, each with its performance as weight. The rounds end
    when no candidate is rejected and the consensus no longer changes.

    The performance is the Dice coefficient, averaged over the foreground labels that the candidate or the consensus
    has.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import collect_votes
    >>> one, two, three = np.array([[[0, 1, 1, 1]], [[0, 1, 1, 0]], [[0, 1, 0, 0]]], np.uint8)
    >>> votes = collect_votes([one, two, three])
    >>> simple(votes).weights.round(2)
    array([0.32, 0.41, 0.27])

    Args:
        votes: of the K candidates.
        weights: ignored, because the candidates' performance is estimated.
        alpha: how many standard deviations below the mean are accepted.

    Returns:
        Winning labels, shares of the final vote, final weights (0 for the rejected), and ``dice`` with the
        consensus as quality, shape (K,).
    """
    del weights
    of_voters = Weights.equal(votes.n_voters).of_voters
    kept = np.ones(votes.n_voters, bool)
    vote = RunningVote(votes)
    vote.again(of_voters)
    volumes = volumes_of(votes)
    iterations, settled = 0, False
    while not settled and iterations < MAX_ITERATIONS:
        iterations += 1
        dice = vote.dice(volumes)
        previous, threshold = (kept, vote.labels.copy()), dice[kept].mean() - alpha * dice[kept].std()
        kept = kept & (dice >= threshold - 1e-9)
        performance = np.where(kept, dice, 0)
        if performance.sum() > 0:
            of_voters = performance / performance.sum()
        vote.again(of_voters)
        settled = np.array_equal(kept, previous[0]) and np.array_equal(vote.labels, previous[1])
    return Consensus(
        vote.labels,
        vote_shares(votes, of_voters),
        of_voters,
        quality={"dice": vote.dice(volumes)},
        convergence={"iterations": iterations, "converged": settled, "rejected": int((~kept).sum())},
    )
