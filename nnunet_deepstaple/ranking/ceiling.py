"""The ceiling: the Dice of what all sources have in common with the truth, assumed and, with true labels, measured."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from .odds import LEAST_FACTOR, SLOPE, from_log_odds, log_odds

NORMAL = float(stats.norm.ppf(0.975))
"""Half of a 95 % interval, in standard deviations."""

SPREAD, SPREAD_WEIGHT = 0.05, 2
"""Standard deviation of C between images that is assumed, and as how many images the assumption counts."""

_FAR = 0.15
"""The assumed standard deviation of C grows by this part of what matches lack of 1: the farther sources are from their
common label, the less sure is how near to the truth it is."""


@dataclass(frozen=True)
class Ceiling:
    """What a user says of the Dice between the common label and the truth: 95 % lie between ``low`` and ``high``."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + self.high) / 2

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return (self.high - self.low) / (2 * NORMAL)


_USUAL = Ceiling(0.8, 1.0)

_LEAST_MATCH = 0.5
"""Below this match, the law of the odds says nothing of a ceiling."""


@dataclass(frozen=True)
class FoundCeiling:
    """What is known of the ceiling.

    Attributes:
        mean: of it.
        deviation: its standard deviation: how far it may be from the mean.
        spread: its standard deviation between images.
    """

    mean: float
    deviation: float
    spread: float


def assumed_ceiling(match: float, assumed: Ceiling | None) -> FoundCeiling:
    """What is known of the ceiling without true labels.

    Args:
        match: mean match of the sources.
        assumed: what a user says of it; None for :data:`_USUAL`, or more where sources nearly agree (:mod:`.odds`).
    """
    if assumed is None:
        near = max(match, _LEAST_MATCH)
        least = float(from_log_odds(LEAST_FACTOR + SLOPE * log_odds(near))) / near
        assumed = Ceiling(max(_USUAL.low, 2 * least - _USUAL.high), _USUAL.high)
    return FoundCeiling(assumed.mean, float(np.hypot(assumed.deviation, _FAR * (1 - match))), SPREAD)


def ceiling_of(match: np.ndarray, truth: np.ndarray, assumed: Ceiling | None) -> FoundCeiling:
    """The ceiling by what is assumed and, where there are true labels, by these.

    Args:
        match: shape (N, K); NaN where there is none.
        truth: Dice with the true labels, shape (N, K); NaN where nobody knows it.
        assumed: counts as a prior; None as in :func:`assumed_ceiling`.
    """
    known = np.isfinite(match)
    prior = assumed_ceiling(float(match[known].mean()) if known.any() else 0.0, assumed)
    both = known & np.isfinite(truth)
    rows = both.any(axis=1)
    n_truths = int(rows.sum())
    matched, true = np.where(both, match, 0)[rows].sum(axis=1), np.where(both, truth, 0)[rows].sum(axis=1)
    if not n_truths or not matched.any():
        return prior
    measured = true.sum() / matched.sum()
    of_images = (true - measured * matched) / np.where(matched > 0, matched, np.inf)
    freedom = SPREAD_WEIGHT + n_truths - 1
    spread = float(np.sqrt((SPREAD_WEIGHT * SPREAD**2 + (of_images**2).sum()) / freedom))
    unsure = spread * stats.t.ppf(0.975, freedom) / NORMAL  # wider than the assumption alone, no interval may be
    of_truths, of_assumed = n_truths / unsure**2, 1 / max(prior.deviation, 1e-6) ** 2
    mean = (of_truths * measured + of_assumed * prior.mean) / (of_truths + of_assumed)
    return FoundCeiling(float(mean), float((of_truths + of_assumed) ** -0.5), spread)
