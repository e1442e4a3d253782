import numpy as np
import pytest

from scripts.experiments.repeated_candidates import CASES, calibration, flip_surface


def test_a_tenth_of_the_surface_is_flipped_and_nothing_else():
    labels = np.zeros((40, 40), np.uint8)
    labels[10:30, 10:30] = 1
    flipped = flip_surface(labels, np.random.default_rng(0))
    surface = np.zeros(labels.shape, bool)
    surface[9:31, 9:31] = True
    surface[11:29, 11:29] = False
    changed = flipped != labels
    assert 0.05 < changed[surface].mean() < 0.15
    assert not changed[~surface].any()


def test_the_calibration_error_is_the_mean_gap():
    told = np.array([[0.8] * 10 + [0.55] * 10, [1] * 8 + [0] * 2 + [1] * 10])
    error, brier = calibration(told)
    assert error == pytest.approx(0.45 / 2)
    assert brier == pytest.approx((0.8 * 0.04 + 0.2 * 0.64 + 0.45**2) / 2)


def test_what_is_repeated():
    order = np.array([4, 2, 0, 1, 3])
    assert CASES["third worst x 5"](order) == [0] * 4
    assert CASES["best x 3"](order) == [3, 3]
    assert CASES["each twice"](order) == [0, 1, 2, 3, 4]
