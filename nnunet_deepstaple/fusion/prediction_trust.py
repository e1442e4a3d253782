"""How much of its weight a prediction keeps in an image."""

import numpy as np

from .rules.consensus import TIE, decide
from .rules.overlap import dice_with, dice_with_others, volumes_of
from .rules.weighted import vote_shares
from .weights import TEMPERATURES

POWER = TEMPERATURES["power"]
"""Predictions are trusted as candidates are: by the same power of their Dice."""


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

    It is (its Dice with the candidates' weighted vote / the best candidate's with that of the others)^6, and 1 where it
    is no worse than that candidate. A network that has learned loses little; one that has failed on an image, or
    altogether, loses nearly all (docs/results.md).

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
    return np.where(dice >= best, 1, dice / max(best, TIE)) ** POWER
