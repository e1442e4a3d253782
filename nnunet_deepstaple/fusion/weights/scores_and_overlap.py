"""Scores and overlap together: what one network found, and what the candidates then tell of each other."""

import numpy as np

from ..decision.argmax import TIE
from ..votes.overlap import pairwise_dice, volumes_of
from ..votes.shares import vote_shares
from ..votes.votes import Votes
from .dependence import dependence, independence
from .others import dice_with_others
from .weights import Weights

OVERLAP_POWER = 4.0
"""Of a candidate's Dice with the vote of the others (docs/results.md)."""

SCORE_TRUST = 0.3
"""Of many candidates, scores have less of the trust than the overlap that they lead to (docs/results.md)."""

MANY_CANDIDATES = 7
"""Candidates of an image from which on their overlap has a say beside scores: among few, two that err alike outvote the
third."""


def score_trust_for(n_candidates: float) -> float:
    """How far weights follow scores by default, for so many candidates an image: see :func:`share_trust`."""
    return SCORE_TRUST if n_candidates >= MANY_CANDIDATES else 1.0


def share_trust(votes: Votes, weights: np.ndarray, n_candidates: int, score_trust: float) -> Weights:
    """Let each candidate's overlap with the vote of the others have a part in its weight.

    A score is what one network found in few visits. It is enough to tell a good vote, and then the vote tells the
    candidates: with d a candidate's Dice with what all others vote, by the scores' weights, the new weights are in
    proportion to scored^t · (d^4)^(1 − t). Candidates that err together (:mod:`.dependence`) share one vote before and
    after.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,), summing to one, by the scores.
        n_candidates: K.
        score_trust: t, from 0 to 1; 1 leaves the weights as they are.

    Returns:
        The new weights, shape (K + M,); those of the candidates have the same sum as before. With the dependence.
    """
    if score_trust == 1:
        return Weights(weights)
    candidates, scored = votes.of_voters(slice(n_candidates)), weights[:n_candidates]
    together = np.eye(len(weights))
    together[:n_candidates, :n_candidates] = dependence(pairwise_dice(candidates))
    say = independence(together)[:n_candidates]
    of_candidates = scored * say / (scored @ say)
    shares = vote_shares(candidates, of_candidates)
    overlap = dice_with_others(candidates, shares, of_candidates, volumes_of(candidates)) ** OVERLAP_POWER
    shared = scored**score_trust * overlap ** (1 - score_trust) * say
    if shared.sum() <= TIE:  # whom scores trust, nobody overlaps with
        return Weights(weights, dependence=together)
    shared *= scored.sum() / shared.sum()
    return Weights(np.concatenate([shared, weights[n_candidates:]]), dependence=together)
