"""Weights from scores and overlap together: what one network found, and how well the candidates match."""

import numpy as np

from ..decision.argmax import TIE
from ..decision.running_vote import RunningVote
from ..votes.overlap import pairwise_dice, volumes_of
from ..votes.votes import Votes
from .dependence import dependence, independence
from .others import dice_with_others
from .weights import Weights

OVERLAP_POWER = 4.0
"""Power of a candidate's Dice with the vote of the others (docs/results.md)."""

SCORE_TRUST = 0.3
"""Trust in the scores where there are many candidates; the overlap gets the rest (docs/results.md)."""

MANY_CANDIDATES = 7
"""Least number of candidates of an image for which the overlap counts beside scores. With fewer, two candidates with
the same error outvote the third."""


def score_trust_for(n_candidates: float) -> float:
    """How far weights follow scores by default, for this number of candidates per image: see :func:`share_trust`."""
    return SCORE_TRUST if n_candidates >= MANY_CANDIDATES else 1.0


def share_trust(votes: Votes, weights: np.ndarray, n_candidates: int, score_trust: float) -> Weights:
    """Base each candidate's weight also on its overlap with the vote of the others.

    A score comes from one network and few visits. That is enough for a good vote, and then the vote shows how good each
    candidate is. Let d be a candidate's Dice with the vote of all others, weighted by the scores. The new weights are
    proportional to scored^t · (d^4)^(1 − t). Candidates that make the same errors (:mod:`.dependence`) share one vote,
    before this and after it.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,), summing to one, by the scores.
        n_candidates: K.
        score_trust: t, from 0 to 1; 1 leaves the weights as they are.

    Returns:
        The new weights, shape (K + M,), and the dependence. The candidates' weights keep their sum.
    """
    if score_trust == 1:
        return Weights(weights)
    candidates, scored = votes.of_voters(slice(n_candidates)), weights[:n_candidates]
    together = np.eye(len(weights))
    together[:n_candidates, :n_candidates] = dependence(pairwise_dice(candidates))
    say = independence(together)[:n_candidates]
    of_candidates = scored * say / (scored @ say)
    dice = dice_with_others(RunningVote(candidates), of_candidates, volumes_of(candidates))
    overlap = dice**OVERLAP_POWER
    shared = scored**score_trust * overlap ** (1 - score_trust) * say
    if shared.sum() <= TIE:  # nobody overlaps with the candidates that the scores trust
        return Weights(weights, dependence=together)
    shared *= scored.sum() / shared.sum()
    return Weights(np.concatenate([shared, weights[n_candidates:]]), dependence=together)
