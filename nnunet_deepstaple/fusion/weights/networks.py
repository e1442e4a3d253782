"""How far networks are trusted: compare their predictions with the vote of the candidates."""

import numpy as np

from ..decision.argmax import decide
from ..votes.overlap import dice_with, volumes_of
from ..votes.shares import vote_shares
from ..votes.votes import Votes
from .others import dice_with_others
from .scores_and_overlap import MANY_CANDIDATES

POWER, SLACK = 6.0, 1.2
"""The average odds by which a network is confirmed are multiplied by the slack, then raised to the power
(docs/results.md)."""


def trust_predictions(
    votes: Votes, weights: np.ndarray, n_candidates: int, networks: np.ndarray | None = None
) -> np.ndarray:
    """Take weight from predictions that the candidates' vote does not confirm.

    A prediction's weight is multiplied by the trust in its network, and by how far this image :func:`confirmed` it.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,), summing to one.
        n_candidates: K.
        networks: trust in the network of each prediction (:func:`network_trust`), shape (M,); None for 1.

    Returns:
        The new weights, shape (K + M,), summing to one.
    """
    dice, best, _ = compared(votes, weights, n_candidates)
    kept = confirmed(dice, best) * (1 if networks is None else networks)
    trusted = np.concatenate([weights[:n_candidates], weights[n_candidates:] * kept])
    return trusted / trusted.sum()


def network_trust(dice: np.ndarray, best: np.ndarray) -> float:
    """Trust in a network, from 0 to 1: the sixth power of how far it is confirmed, on average over its images.

    An average shows what a single image cannot show. The candidates may confirm a network less than they confirm the
    best candidate. Then the network has learned too little, or it has learned the errors that they share. It must not
    make their vote worse. Odds that are lower by up to a sixth cost nothing, because the best of several candidates is
    partly best by chance (docs/results.md).

    Args:
        dice: of each image's prediction with the candidates' vote, shape (N,).
        best: of each image's best candidate (:func:`best_of`), shape (N,).
    """
    return min(1.0, SLACK * float(confirmed(dice.mean(), best.mean()))) ** POWER


def best_of(apart: float, within: float, n_candidates: int) -> float:
    """Dice of an image's best candidate with the candidates' vote, which a network is compared with.

    The vote of the others lacks the best candidate, so its Dice with that vote is too low. Its Dice with the vote of
    all is too high. Of many candidates we take the mean. Of few, the vote of all is mainly that of the best one and
    says nothing about it, so we take the Dice with the others.

    Args:
        apart: Dice with the vote of the others.
        within: Dice with the vote of all.
        n_candidates: of the image.
    """
    return (apart + within) / 2 if n_candidates >= MANY_CANDIDATES else apart


def confirmed(dice: np.ndarray, best: np.ndarray | float) -> np.ndarray:
    """Odds d/(1 − d) of predictions, divided by the odds of the best candidate; at most 1.

    Odds are used instead of Dice, because among good candidates a small difference of Dice is a large difference of
    error: a Dice of 0.84 has more than two and a half times the error of 0.94. CROWDLAB also weighs a network by
    comparing its errors with those of its annotators (Goh, Tkachenko and Mueller, arXiv:2210.06812, 2022).

    Args:
        dice: of predictions with the candidates' vote.
        best: of the best candidate with the vote of the others.
    """
    return np.divide(dice * (1 - best), best * (1 - dice), out=np.ones(np.shape(dice)), where=np.less(dice, best))


def compared(votes: Votes, weights: np.ndarray, n_candidates: int) -> tuple[np.ndarray, float, float]:
    """Dice of each prediction with the candidates' vote, shape (M,), and two Dice of the best candidate.

    The first of these two is with the vote of the others, the second with the vote of all.

    Args:
        votes: of the K candidates first and then of the M predictions.
        weights: shape (K + M,).
        n_candidates: K.
    """
    candidates = votes.of_voters(slice(n_candidates))
    if candidates.silence is not None:  # where all candidates abstain, there is no vote to compare with
        votes = votes.of_patterns(candidates.heard)
    candidates, of_candidates = votes.of_voters(slice(n_candidates)), weights[:n_candidates]
    of_candidates = of_candidates / of_candidates.sum()
    shares = vote_shares(candidates, of_candidates)
    volumes = volumes_of(votes)
    vote = decide(shares, candidates, of_candidates)
    apart = dice_with_others(candidates, shares, of_candidates, volumes[:n_candidates]).max()
    dice = dice_with(votes, vote, volumes)
    return dice[n_candidates:], float(apart), float(dice[:n_candidates].max())
