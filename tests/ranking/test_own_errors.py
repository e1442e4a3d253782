import numpy as np
import pytest

from nnunet_deepstaple.ranking.own_errors import own_errors

N_IMAGES, N_SOURCES, CEILING = 40, 12, 0.9


def study(deviation, noise, n_truths, seed=0):
    """Matches of all images, and true Dice less what they say in some, with own errors in parts of √(m (1 − m))."""
    rng = np.random.default_rng(seed)
    match = np.broadcast_to(np.linspace(0.7, 0.95, N_SOURCES), (N_IMAGES, N_SOURCES)).copy()
    unit = np.sqrt(match * (1 - match))
    own = deviation * rng.standard_normal(N_SOURCES) * unit[0]
    residual = own + noise * unit * rng.standard_normal(match.shape)
    residual[n_truths:] = np.nan
    return match, residual, own


def test_without_truth_a_source_that_matches_better_has_less_of_its_own():
    match, residual, _ = study(0.05, 0.1, 0)
    found = own_errors(residual, match, CEILING)
    assert not found.deviation.any()
    assert (np.diff(found.uncertainty) < 0).all()


def test_chance_is_not_taken_for_a_deviation():
    match, residual, _ = study(0, 0.2, 5)
    found = own_errors(residual, match, CEILING)
    assert np.abs(found.deviation).max() < 0.3 * np.abs(np.nanmean(residual, axis=0)).max()


def test_what_sources_show_in_each_image_is_their_own():
    match, residual, own = study(0.2, 0.02, 5)
    found = own_errors(residual, match, CEILING)
    assert found.deviation == pytest.approx(own - own.mean(), abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_the_truth_lies_within_what_is_left_open(seed):
    match, residual, own = study(0.05, 0.15, 8, seed)
    found = own_errors(residual, match, CEILING)
    assert (np.abs(found.deviation - own + own.mean()) < 3 * found.uncertainty).all()


def test_sources_that_share_no_image_with_truth_are_not_taken_at_their_word():
    match, residual = np.full((2, 6), np.nan), np.full((2, 6), np.nan)
    match[0, :3] = match[1, 3:] = 0.8
    residual[0, :3] = residual[1, 3:] = [0.1, 0, -0.1]
    found = own_errors(residual, match, CEILING)
    assert (np.abs(found.deviation) < 0.1)[[0, 2, 3, 5]].all()


def test_nothing_is_left_open_where_all_is_known():
    match, residual, _ = study(0.05, 0.1, N_IMAGES)
    assert not own_errors(residual, match, CEILING).uncertainty.any()
