import numpy as np
import pytest

from nnunet_deepstaple.ranking.ceiling import FoundCeiling, assumed_ceiling
from nnunet_deepstaple.ranking.expected import expected_dice

NOTHING = np.full(40, np.nan)
SURE = FoundCeiling(0.9, 0, 0.05)
USUAL = assumed_ceiling(0.85, None)


def images(slope=0.75, factor=0.75, noise=0.3, seed=0):
    """Matches, and true Dice whose odds are in proportion to a power of theirs."""
    rng = np.random.default_rng(seed)
    of_match = rng.normal(2.5, 0.6, 40)
    return odds_to_share(of_match), odds_to_share(slope * of_match + np.log(factor) + rng.normal(0, noise, 40))


def odds_to_share(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def log_odds(share):
    return np.log(share / (1 - share))


def test_an_image_with_the_mean_match_has_the_mean_times_the_ceiling():
    dice, _, _ = expected_dice(np.array([0.7, 0.8, 0.9]), NOTHING[:3], USUAL)
    assert dice[1] == pytest.approx(0.9 * 0.8)
    assert np.diff(log_odds(dice)) == pytest.approx(0.75 * np.diff(log_odds(np.array([0.7, 0.8, 0.9]))))


def test_where_sources_nearly_agree_the_dice_varies_more_than_the_match():
    match = np.array([0.96, 0.98])
    dice, _, _ = expected_dice(match, NOTHING[:2], USUAL)
    assert np.diff(dice) > 1.5 * np.diff(match)


def test_matches_of_0_and_1_and_an_empty_consensus():
    found = expected_dice(np.array([0.0, 1.0, np.nan]), NOTHING[:3], FoundCeiling(1, 0, 0.05))
    assert (found[:, :2] > 0).all()
    assert (found[:, :2] < 1).all()
    assert np.isnan(found[:, 2]).all()
    assert np.isnan(expected_dice(NOTHING, NOTHING, USUAL)).all()


@pytest.mark.parametrize("factor", [0.5, 0.75, 1.1])
def test_intervals_hold_the_true_dice_with_and_without_truth(factor):
    match, true = images(factor=factor)
    some = np.where(np.arange(40) < 5, true, np.nan)
    without, with_five = expected_dice(match, NOTHING, USUAL)[:, 5:], expected_dice(match, some, USUAL)[:, 5:]
    for _, low, high in (without, with_five):
        assert ((low <= true[5:]) & (true[5:] <= high)).mean() > 0.85
    assert np.abs(with_five[0] - true[5:]).mean() < 0.05


def test_the_spread_between_images_is_learned_from_truth():
    widths = []
    for noise in (0.05, 1.0):
        match, true = images(noise=noise)
        _, low, high = expected_dice(match, np.where(np.arange(40) < 15, true, np.nan), SURE)[:, 15:]
        widths.append((high - low).mean())
    assert widths[1] > 2 * widths[0]


def test_an_image_with_true_labels_has_its_true_dice():
    match, true = images()
    assert np.array_equal(expected_dice(match, true, USUAL), np.broadcast_to(true, (3, 40)))
