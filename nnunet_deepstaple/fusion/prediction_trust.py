"""How much of its weight a prediction keeps in an image."""

import numpy as np

from .overlap import dice_with, volumes_of
from .weighted import weighted
from .weights import TEMPERATURES

POWER = TEMPERATURES["power"]
"""Predictions are trusted as candidates are: by the same power of their Dice."""


def trust_predictions(
    patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray, n_candidates: int
) -> np.ndarray:
    """Take weight from predictions that the candidates' vote does not confirm.

    A prediction keeps (its Dice with the candidates' weighted vote / that of the best candidate)^6 of its weight, and
    all of it where it matches the vote as well as the best candidate does. A network that has learned loses little;
    one that has failed on an image, or altogether, loses nearly all (docs/results.md).

    Args:
        patterns: label index of each vote, of the K candidates first and then of the predictions, shape (P, K + M).
        counts: voxels with each pattern, shape (P,).
        n_labels: L.
        weights: shape (K + M,), summing to one.
        n_candidates: K.

    Returns:
        The new weights, shape (K + M,), summing to one.
    """
    of_candidates = weights[:n_candidates] / weights[:n_candidates].sum()
    vote = weighted(patterns[:, :n_candidates], counts, n_labels, of_candidates).labels
    dice = dice_with(patterns, counts, vote, volumes_of(patterns, counts, n_labels))
    best = dice[:n_candidates].max()
    kept = np.minimum(dice[n_candidates:] / best, 1) ** POWER if best > 0 else 0
    trusted = np.concatenate([weights[:n_candidates], weights[n_candidates:] * kept])
    return trusted / trusted.sum()
