"""How good the consensus of each image may be: its Dice with the true labels, expected from its match."""

import numpy as np
from scipy import stats

from .estimate import Ceiling, assumed_ceiling

_SLOPE = 0.75
"""By how much the log odds of the Dice differ between two images whose log odds of the match differ by 1."""

_SPREAD, _SPREAD_WEIGHT = 0.4, 2
"""Standard deviation of an image's log odds that is assumed, and as how many images the assumption counts."""

_LEAST = 0.01
"""No Dice and no match is known to be nearer to 0 or 1."""

_HALF = 0.975
"""Quantile at the upper end of a 95 % interval."""


def expected_dice(match: np.ndarray, truth: np.ndarray, assumed: Ceiling) -> np.ndarray:
    """Expected Dice of one structure's consensus in each image, and the ends of its 95 % interval, shape (3, N).

    The images' mean is ceiling × mean match, as for a source. From image to image the Dice varies more than the match:
    where sources differ more from each other, they also share more errors, which their match does not show. So the
    odds of the Dice are taken to be in proportion to a power of the odds of the match. Some true labels tell the
    factor, and what is assumed counts as a prior (docs/how_to/trusted_source.md). An image that has true labels has its
    true Dice.

    Args:
        match: of the consensus, shape (N,); NaN where it is empty.
        truth: its Dice with the true labels, shape (N,); NaN where nobody knows it.
        assumed: of the ceiling.
    """
    known = np.isfinite(match)
    mean = float(match[known].mean()) if known.any() else 1.0
    ceiling = assumed_ceiling(mean, assumed)
    level = float(np.clip(ceiling.mean * mean, _LEAST, 1 - _LEAST))
    of_match = _SLOPE * _log_odds(match)
    factor = float(_log_odds(level) - _SLOPE * _log_odds(mean))
    deviation = max(ceiling.deviation * mean / (level * (1 - level)), _LEAST)
    judged = known & np.isfinite(truth)
    factors = _log_odds(truth[judged]) - of_match[judged]
    spread, quantile = _SPREAD, stats.norm.ppf(_HALF)
    if len(factors):
        freedom = _SPREAD_WEIGHT + len(factors) - 1
        spread = np.sqrt((_SPREAD_WEIGHT * _SPREAD**2 + ((factors - factors.mean()) ** 2).sum()) / freedom)
        quantile = stats.t.ppf(_HALF, freedom)
        precision = deviation**-2 + len(factors) / spread**2
        factor = (factor / deviation**2 + factors.sum() / spread**2) / precision
        deviation = precision**-0.5
    wide = quantile * np.hypot(deviation, spread)
    found = 1 / (1 + np.exp(-(of_match + factor + np.array([[0], [-wide], [wide]]))))
    return np.where(judged, truth, found)


def _log_odds(share: np.ndarray | float) -> np.ndarray:
    sure = np.clip(share, _LEAST, 1 - _LEAST)
    found: np.ndarray = np.log(sure / (1 - sure))
    return found
