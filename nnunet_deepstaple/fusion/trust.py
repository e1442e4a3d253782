"""What is trusted in an image: scores beside what the candidates tell of each other, and the network's predictions."""

import numpy as np

from .rules.consensus import TIE, decide
from .rules.overlap import dice_with, dice_with_others, volumes_of
from .rules.spectral import POWER as SPECTRAL_POWER
from .rules.spectral import centrality_of
from .rules.weighted import vote_shares

POWER = 4.0
"""Of the odds by which a prediction is less confirmed than the best candidate (docs/results.md)."""

SCORE_TRUST = 0.5
"""Scores and overlap share the trust in equal parts (docs/results.md)."""


def share_trust(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, n_candidates: int, score_trust: float
) -> np.ndarray:
    """Let the candidates' overlap with each other have a part in their weights.

    A score is what one network found in few visits; :func:`.rules.spectral.spectral` weighs the same candidates without
    a network. The new weights are in proportion to scored^t · spectral^(1 − t): where the scores tell candidates apart,
    they still do, and where a network has failed, half of what they say is left.

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,), summing to one, by the scores.
        n_candidates: K.
        score_trust: t, from 0 to 1; 1 leaves the weights as they are.

    Returns:
        The new weights, shape (K + M,); those of the candidates have the same sum as before.
    """
    if score_trust == 1:
        return weights
    scored = weights[:n_candidates]
    central = centrality_of(patterns[:, :n_candidates], counts, n_labels) ** SPECTRAL_POWER
    shared = scored**score_trust * central ** (1 - score_trust)
    if shared.sum() <= TIE:  # whom scores trust, nobody overlaps with
        return weights
    return np.concatenate([shared / shared.sum() * scored.sum(), weights[n_candidates:]])


def trust_predictions(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, n_candidates: int
) -> np.ndarray:
    """Take weight from predictions that the candidates' vote does not confirm.

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,), summing to one.
        n_candidates: K.

    Returns:
        The new weights, shape (K + M,), summing to one.
    """
    kept = confirmation(patterns, counts, n_labels, weights[:n_candidates] / weights[:n_candidates].sum())
    trusted = np.concatenate([weights[:n_candidates], weights[n_candidates:] * kept])
    return trusted / trusted.sum()


def confirmation(patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray) -> np.ndarray:
    """How much of its weight each prediction keeps, shape (M,), from 0 to 1.

    With d its Dice with the candidates' weighted vote, and b the best candidate's with that of the others, it is
    (d/(1 − d) / (b/(1 − b)))^4, and 1 where d ≥ b. Odds and not Dice, because among good candidates a little worse
    is much worse: 0.84 beside 0.94 is two and a half times the error. The comparison with what a baseline gets wrong is
    that of CROWDLAB (Goh, Tkachenko and Mueller, arXiv:2210.06812, 2022), with the best candidate as the baseline.

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: of the candidates, shape (K,), summing to one.
    """
    candidates = patterns[:, : len(weights)]
    shares = vote_shares(candidates, n_labels, weights)
    volumes = volumes_of(patterns, counts, n_labels)
    dice = dice_with(patterns, counts, decide(shares, candidates, weights), volumes)[len(weights) :]
    best = dice_with_others(candidates, counts, shares, weights, volumes[: len(weights)]).max()
    odds = np.divide(dice * (1 - best), best * (1 - dice), out=np.ones(dice.shape), where=dice < best)
    return odds**POWER
