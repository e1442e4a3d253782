"""Turn the scores of an image's candidates into their weights in the vote."""

import math

import numpy as np

from ...errors import InputError

KINDS = ("softmax", "power", "paper")

TEMPERATURES = {"softmax": 2.0, "power": 6.0}
"""Default T of the kinds that have one."""


def default_kind(score: str) -> str:
    """Kind of weights for a column of the scores: ``power`` for agreements, because their scale has a meaning.

    Softmax standardises the scores, so it suits a score of any scale. But it exaggerates small differences, if all
    candidates are good or there are only two (docs/results.md).
    """
    return "power" if score.startswith("agreement") else "softmax"


def weights_of(scores: np.ndarray, kind: str, temperature: float | None = None) -> np.ndarray:
    """Weights of one image's candidates.

    ``softmax``: softmax(T·z) of the score standardised within the image, z = (s − mean) / SD (SD over the K
    candidates; all weights are equal where it is zero). ``power``: s^T, for Dice-like scores (all weights are equal
    where all are zero). ``paper``: softmax of the raw score, as Weihsbach et al. 2022 do with the data parameters.

    Args:
        scores: higher is more trusted, finite, shape (K,).
        kind: ``softmax``, ``power`` or ``paper``.
        temperature: T of ``softmax`` and ``power``, not negative; 0 makes all weights equal; None for
            :data:`TEMPERATURES`.

    Returns:
        Weights, shape (K,), not negative and summing to one. They do not depend on the candidates' order.

    Raises:
        InputError: ``power`` of a negative score.
    """
    if kind == "paper":
        return _softmax(scores)
    if kind not in TEMPERATURES:
        raise InputError(f"-weights {kind} is not known; choose one of {', '.join(KINDS)}")
    if temperature is None:
        temperature = TEMPERATURES[kind]
    if kind == "softmax":
        return _softmax(temperature * _standardised(scores))
    if scores.min() < 0:
        raise InputError(f"power weights need scores of 0 and more, not {scores.min():g}; use -weights softmax")
    powers = (scores / scores.max()) ** temperature if scores.max() else np.ones(scores.shape)
    return powers / _sum(powers)


def _standardised(scores: np.ndarray) -> np.ndarray:
    centred = scores - _sum(scores) / len(scores)
    deviation = math.sqrt(_sum(centred**2) / len(scores))
    # If all scores are equal, the deviation is only float noise. Division by it would amplify the noise.
    if deviation <= 1e-12 * np.abs(scores).max():
        return np.zeros(scores.shape)
    return centred / deviation


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / _sum(exponentials)


def _sum(values: np.ndarray) -> float:
    """Exactly rounded sum, which does not depend on the order of the values."""
    return math.fsum(values.tolist())
