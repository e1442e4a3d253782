import numpy as np
import pytest

from nnunet_deepstaple.ranking.ceiling import Ceiling
from nnunet_deepstaple.ranking.estimate import N_DRAWS, estimate, more_truths, source_means


def study(n_images=40, n_sources=8, ceiling=0.9, seed=0):
    """Matches and true Dice of sources that are better and worse, on images that are easier and harder."""
    rng = np.random.default_rng(seed)
    quality = np.linspace(0.75, 0.95, n_sources)
    match = np.clip(quality + rng.normal(0, 0.03, (n_images, 1)) + rng.normal(0, 0.02, (n_images, n_sources)), 0, 1)
    truth = np.clip(ceiling * match + rng.normal(0, 0.03, (n_images, 1)), 0, 1)
    return match, truth


def test_means_of_a_full_table_are_the_means():
    values = np.array([[0.5, 0.7], [0.7, 0.9]])
    assert source_means(values, np.ones((1, 2)))[0] == pytest.approx([0.6, 0.8])


def test_an_image_that_a_source_lacks_neither_helps_nor_hurts_it():
    quality, image = np.array([0.5, 0.6, 0.7]), np.array([-0.2, 0.0, 0.0, 0.2])
    values = quality + image[:, np.newaxis]
    values[0, 2] = values[3, 0] = np.nan  # the best lacks the hardest, the worst the easiest
    assert source_means(values, np.ones((1, 4)))[0] == pytest.approx(quality, abs=1e-6)


def test_a_source_without_any_image_is_unknown():
    values = np.array([[0.5, np.nan], [0.7, np.nan]])
    found = estimate(values)
    assert np.isnan(found.dice[1])
    assert found.dice[0] == pytest.approx(0.9 * 0.6)


def test_without_truth_the_interval_holds_the_whole_assumed_range():
    match, _ = study()
    found = estimate(match)
    low, high = found.interval
    means = match.mean(axis=0)
    assert found.dice == pytest.approx(0.9 * means)
    assert (low < 0.82 * means).all()
    assert (high > np.minimum(0.98 * means, 1)).all()


@pytest.mark.parametrize("ceiling", [0.82, 0.9, 0.97])
def test_the_interval_holds_the_truth_with_and_without_true_labels(ceiling):
    match, truth = study(ceiling=ceiling)
    some = np.where(np.arange(len(truth))[:, np.newaxis] < 5, truth, np.nan)
    without, with_five = estimate(match), estimate(match, some)
    for found in (without, with_five):
        low, high = found.interval
        assert ((low <= truth.mean(axis=0)) & (truth.mean(axis=0) <= high)).all()
    assert np.diff(with_five.interval, axis=0).mean() < 0.6 * np.diff(without.interval, axis=0).mean()
    assert np.abs(with_five.dice - truth.mean(axis=0)).mean() < 0.03


def test_true_labels_of_all_images_leave_nothing_to_estimate():
    match, truth = study()
    assert estimate(match, truth).dice == pytest.approx(truth.mean(axis=0))


def test_one_true_label_map_makes_no_interval_wider():
    match, truth = study()
    one = np.where(np.arange(len(truth))[:, np.newaxis] < 1, truth, np.nan)
    widths = [np.diff(found.interval, axis=0) for found in (estimate(match), estimate(match, one))]
    assert (widths[1] < widths[0]).all()


def test_truth_finds_a_source_whose_errors_the_others_do_not_share():
    match, truth = study()
    truth[:, 3] += 0.08
    found = estimate(match, truth)
    assert found.dice == pytest.approx(truth.mean(axis=0), abs=0.015)


@pytest.mark.parametrize("seed", range(5))
def test_a_source_with_fewer_images_has_a_wider_interval(seed):
    match, _ = study(n_images=20, n_sources=6, seed=seed)
    for place, count in enumerate((1, 2, 5, 10)):
        match[count:, place] = np.nan
    widths = np.diff(estimate(match, assumed=Ceiling(0.9, 0.9)).interval, axis=0)[0]
    assert widths[0] > widths[1] > widths[2] > widths[5]


def test_two_sources_alone_may_be_anything_that_their_dice_allows():
    match = np.full((200, 2), 0.7**0.5)
    low, high = estimate(match, assumed=Ceiling(1, 1)).interval
    assert (low < 0.7).all()
    assert (high > 0.98).all()


def test_more_truths_halve_the_interval():
    match, truth = study(n_images=400)
    without = estimate(match)
    more = more_truths(without)
    some = np.where(np.arange(len(truth))[:, np.newaxis] < more, truth, np.nan)
    widths = [np.diff(one.interval, axis=0).mean() for one in (without, estimate(match, some))]
    assert widths[1] == pytest.approx(widths[0] / 2, rel=0.35)


def test_draws_are_the_same_each_time():
    match, truth = study()
    one, other = estimate(match, truth), estimate(match, truth)
    assert one.draws.shape == (N_DRAWS, match.shape[1])
    assert np.array_equal(one.draws, other.draws)
