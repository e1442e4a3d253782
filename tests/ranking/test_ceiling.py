import numpy as np
import pytest

from nnunet_deepstaple.ranking.ceiling import Ceiling, assumed_ceiling, ceiling_of
from nnunet_deepstaple.ranking.odds import from_log_odds, log_odds


def ends(match, assumed=None):
    """Ends of the 95 % interval, but for what is added for a low match."""
    found = assumed_ceiling(match, assumed)
    deviation = np.sqrt(found.deviation**2 - (0.15 * (1 - match)) ** 2)
    return found.mean - 1.96 * deviation, found.mean + 1.96 * deviation


@pytest.mark.parametrize("match", [0.1, 0.5, 0.8, 0.95])
def test_the_usual_ceiling(match):
    assert ends(match) == pytest.approx((0.8, 1), abs=1e-4)


def test_where_sources_nearly_agree_the_low_end_rises_and_the_high_one_stays():
    lows, highs = zip(*(ends(match) for match in (0.96, 0.97, 0.98, 0.99)), strict=True)
    assert 0.8 < lows[0] < lows[1] < lows[2] < lows[3] < 1
    assert highs == pytest.approx([1] * 4, abs=1e-4)


def test_the_rise_follows_the_odds():
    dice = 0.98 * assumed_ceiling(0.98, None).mean
    assert log_odds(dice) == pytest.approx(0.75 * log_odds(0.98) - 0.5)


def test_what_a_user_says_counts():
    assert ends(0.99, Ceiling(0.7, 0.9)) == pytest.approx((0.7, 0.9), abs=1e-4)


def test_true_labels_outweigh_what_is_assumed():
    match = np.full((30, 3), 0.9)
    assert ceiling_of(match, 0.7 * match, None).mean == pytest.approx(0.7, abs=0.02)
    assert ceiling_of(match, np.full((30, 3), np.nan), None).mean == pytest.approx(0.9)


def test_odds_and_back():
    shares = np.array([0.05, 0.5, 0.98])
    assert from_log_odds(log_odds(shares)) == pytest.approx(shares)
    assert np.isfinite(log_odds(np.array([0.0, 1.0]))).all()
