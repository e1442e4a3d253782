"""How well each source matches what all sources of an image have in common; arrays in, numbers out."""

import numpy as np

from ..fusion.weights.dependence import independence

POWER = 4.0
"""A source judges the others with this power of its own match (docs/how_to/trusted_source.md)."""

LEAST = 0.01
"""Replaces any smaller Dice, because the fit works on logarithms."""

_ALIKE = 0.01
"""Difference of logarithms below which pairs weigh the same in a fit of absolute deviations."""

_ALMOST_NONE = 1e-9
"""Added to the diagonal, because pairs may fix only a_i + a_j: those of two sources alone, or of two groups if only
pairs across the groups are known."""

_ROUNDS = 20


def match_of_pairs(dice: np.ndarray, together: np.ndarray | None = None) -> np.ndarray:
    """Match of each source with the label that all of them have in common.

    Where sources err independently around a common label, the Dice of two of them is nearly the product of how well
    each matches it: log s_ij = a_i + a_j (Parisi, Strino, Nadler and Kluger, PNAS 111(4), 2014, for the covariance of
    votes). The fit takes absolute deviations (by reweighted least squares), so that a few pairs that err together do
    not carry it, and weighs each pair by the match of its two sources.

    Two sources alone match the common label equally well: their one Dice says nothing else.

    Args:
        dice: Dice of each pair, shape (K, K); NaN where a pair cannot be compared. The diagonal is not used.
        together: how far each pair of sources is one (:func:`~..fusion.weights.dependence.dependence`), shape (K, K):
            they do not judge each other, and share one voice as judges of others; None where all are independent.

    Returns:
        Match of each source from 0 to 1, shape (K,); NaN where it can be compared with none.
    """
    known = np.isfinite(dice) & ~np.eye(len(dice), dtype=bool)
    logs = np.log(np.clip(np.where(known, dice, 1), LEAST, 1))
    heard = known.astype(float)
    if together is not None:
        heard *= (1 - together) * np.outer(independence(together), independence(together))
    match = np.minimum(_least_squares(logs, heard), 0)
    for _ in range(_ROUNDS):
        trust = np.exp(POWER * (match - match.max()))
        apart = np.abs(logs - match - match[:, np.newaxis])
        found = np.minimum(_least_squares(logs, heard * np.outer(trust, trust) / np.maximum(apart, _ALIKE)), 0)
        match = (match + found) / 2
    return np.where(known.any(axis=1), np.exp(match), np.nan)


def match_of_structure(dice: np.ndarray, shown: np.ndarray, together: np.ndarray | None = None) -> np.ndarray:
    """As :func:`match_of_pairs`, for one structure that some sources show and others do not.

    Where fewer than half of the sources show it, the others are taken to be right: the match of those who show it
    is 0, and there is nothing to say of the others, whose Dice with the truth would be 0 / 0.

    Args:
        dice: Dice of each pair, shape (K, K); NaN where neither shows the structure, or one does not annotate it.
        shown: 1 where a source shows it, 0 where it does not, NaN where it does not annotate it; shape (K,).
        together: as in :func:`match_of_pairs`.
    """
    if np.nanmean(shown) < 0.5:
        return np.where(shown == 1, 0.0, np.nan)
    return match_of_pairs(dice, together)


def _least_squares(logs: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The a that minimise Σ w_ij (log s_ij − a_i − a_j)², shape (K,), and if many do, the smallest of them."""
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.zeros(weights.shape), where=total > 0)
    return np.linalg.solve(shares + (1 + _ALMOST_NONE) * np.eye(len(logs)), (shares * logs).sum(axis=1))
