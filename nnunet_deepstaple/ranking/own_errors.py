"""What a source shows beside its match: errors of its own, estimated from a few true labels or assumed.

A source that matches the common label fully has none of its own. So their variance is taken to be in proportion to
m (1 − m), as that of a proportion is (Wedderburn, Biometrika 61(3), 1974): what is assumed and what is shared between
sources are the factors.
"""

from dataclasses import dataclass

import numpy as np

from ..fusion.votes.means import mean

DEVIATION, NOISE = 0.03, 0.15
"""Assumed standard deviations in parts of √(m (1 − m)): of d between sources, and of e between a source's images."""

_WEIGHT = 4
"""As how many sources the assumed deviation counts, and as how many degrees of freedom the assumed noise."""

_LEAST = 0.01
"""Smallest m (1 − m): no source is known that well."""

_EQUAL = 1e-6
"""Matches that differ by less are those of two sources of which only one Dice is known."""


@dataclass(frozen=True)
class OwnErrors:
    """What K sources show beside their matches.

    Attributes:
        deviation: d of each source, shape (K,).
        uncertainty: standard deviation that d and e leave in each source's mean Dice, shape (K,).
    """

    deviation: np.ndarray
    uncertainty: np.ndarray


def own_errors(residual: np.ndarray, match: np.ndarray, ceiling: float) -> OwnErrors:
    """Estimate each source's deviation, shrunk towards none by what is chance (empirical Bayes).

    How much of what a source shows in a few images is its own, and how much is chance, is told by how much all sources
    show (Fay and Herriot, JASA 74, 1979): the variance between their means beside that between their images.

    Args:
        residual: true Dice less what the match says, shape (N, K); NaN where it is not known.
        match: shape (N, K); NaN where there is none.
        ceiling: mean C.
    """
    known, both = np.isfinite(match), np.isfinite(residual)
    unit = np.where(known, np.maximum(match * (1 - match), _LEAST), 0)
    n_images, count = np.maximum(known.sum(axis=0), 1), both.sum(axis=0)
    of_source = np.maximum(unit.sum(axis=0) / n_images, _LEAST)
    between = DEVIATION**2 + (ceiling * _undetermined(match)) ** 2 / of_source
    noise, deviation = NOISE**2, np.zeros(len(count))
    rows, seen = both.any(axis=1), count > 0
    if seen.sum() > 2:
        apart = residual[rows] - mean(residual[rows], 1)[:, np.newaxis]
        means = np.nan_to_num(mean(apart, 0))
        squares = np.nansum((apart - means) ** 2 / np.where(both[rows], unit[rows], np.nan))
        freedom = max(int(both.sum() - rows.sum() - seen.sum()) + 1, 0)
        noise = float(_WEIGHT * noise + squares) / (_WEIGHT + freedom)
        measured = max(float(np.mean(means[seen] ** 2 / of_source[seen] - noise / count[seen])), 0.0)
        others = int(seen.sum()) - 1
        between = (_WEIGHT * between + others * measured) / (_WEIGHT + others)
        trust = between / (between + noise / np.maximum(count, 1)) * seen
        deviation, between = means * trust, between * (1 - trust)
    without = 1 - count / n_images
    return OwnErrors(deviation, np.sqrt(of_source * without * (without * between + noise / n_images)))


def _undetermined(match: np.ndarray) -> np.ndarray:
    """Standard deviation of what images of two sources leave open of each source's mean match, shape (K,).

    Their one Dice s is the product of both matches, each of which may be anything from s to 1; both are put down as
    √s. The logarithm is taken for evenly distributed, and one source for the better one in all of these images.

    Args:
        match: shape (N, K); NaN where there is none.
    """
    known = np.isfinite(match)
    filled = np.where(known, match, 0)
    alike = np.abs(np.where(known, match, np.inf).min(axis=1) - filled.max(axis=1)) < _EQUAL
    pairs = (known.sum(axis=1) == 2) & alike
    wide = -filled * np.log(np.where(filled > 0, filled, 1)) / np.sqrt(3)
    found: np.ndarray = np.where(known & pairs[:, np.newaxis], wide, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return found
