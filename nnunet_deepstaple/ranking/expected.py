"""How good the consensus of each image may be: its Dice with the true labels, expected from its match."""

import numpy as np
from scipy import stats

from .ceiling import NORMAL, FoundCeiling
from .odds import SLOPE, from_log_odds, log_odds

_SPREAD, _SPREAD_WEIGHT = 0.4, 2
"""Standard deviation of an image's log odds that is assumed, and as how many images the assumption counts."""

_SURE = 0.01
"""Smallest standard deviation of the logarithm of the factor."""


def expected_dice(match: np.ndarray, truth: np.ndarray, ceiling: FoundCeiling) -> np.ndarray:
    """Expected Dice of one structure's consensus in each image, and the ends of its 95 % interval, shape (3, N).

    The odds of the Dice are in proportion to a power of the odds of the match (:mod:`.odds`). Some true labels tell the
    factor, and what is assumed counts as a prior. An image that has true labels has its true Dice.

    Args:
        match: of the consensus, shape (N,); NaN where it is empty.
        truth: its Dice with the true labels, shape (N,); NaN where nobody knows it.
        ceiling: of the sources, without true labels.
    """
    known = np.isfinite(match)
    mean = float(match[known].mean()) if known.any() else 1.0
    level = float(from_log_odds(log_odds(ceiling.mean * mean)))
    of_match = SLOPE * log_odds(match)
    factor = float(log_odds(level) - SLOPE * log_odds(mean))
    deviation = max(ceiling.deviation * mean / (level * (1 - level)), _SURE)
    judged = known & np.isfinite(truth)
    factors = log_odds(truth[judged]) - of_match[judged]
    spread, quantile = _SPREAD, NORMAL
    if len(factors):
        freedom = _SPREAD_WEIGHT + len(factors) - 1
        spread = np.sqrt((_SPREAD_WEIGHT * _SPREAD**2 + ((factors - factors.mean()) ** 2).sum()) / freedom)
        quantile = stats.t.ppf(0.975, freedom)
        precision = deviation**-2 + len(factors) / spread**2
        factor = (factor / deviation**2 + factors.sum() / spread**2) / precision
        deviation = precision**-0.5
    wide = quantile * np.hypot(deviation, spread)
    found = from_log_odds(of_match + factor + np.array([[0], [-wide], [wide]]))
    return np.where(judged, truth, found)
