import numpy as np
import pytest
from scipy.stats import spearmanr

from scripts.experiments.common.statistics import (
    average_precision,
    interval,
    paired_p,
    pearson,
    spearman,
    spearman_within,
)
from scripts.experiments.replays.choosing import carry_over, cross_validate


def test_spearman_is_scipy_s():
    random = np.random.default_rng(0)
    one, other = random.integers(0, 5, 30).astype(float), random.random(30)
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert np.isnan(spearman(np.ones(3), np.arange(3.0)))


def test_spearman_within_images_leaves_out_those_without_a_ranking():
    up, flat = np.arange(4.0), np.ones(4)
    assert spearman_within([up, flat], [up, up]) == 1


def test_pearson_of_a_line_is_one():
    assert pearson(np.arange(4.0), 2 * np.arange(4.0) + 1) == pytest.approx(1)


def test_average_precision_of_a_perfect_a_blind_and_a_wrong_score():
    positive = np.array([True, True, False, False])
    assert average_precision(np.array([4.0, 3.0, 2.0, 1.0]), positive) == 1
    assert average_precision(np.zeros(4), positive) == 0.5
    assert average_precision(np.array([1.0, 2.0, 3.0, 4.0]), positive) == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_equal_pairs_differ_with_probability_one():
    assert paired_p(np.arange(5.0), np.arange(5.0)) == 1
    assert paired_p(np.arange(20.0), np.arange(20.0) + np.linspace(1, 2, 20)) < 0.001


def test_an_interval_needs_two_values():
    assert np.isnan(interval([0.5])[1])
    assert interval([1.0, 3.0]) == pytest.approx((2.0, 12.706), abs=1e-3)


def test_an_option_is_chosen_without_the_images_that_judge_it():
    dice = np.array([[0.8] * 20, [0.7] * 19 + [30.0]])  # the second is better only for the sake of one image
    validated = cross_validate(dice, folds=5, repetitions=3, seed=1)
    assert validated.dice[-1] == pytest.approx(0.8)  # the image that would choose the second never judges it
    assert set(validated.chosen) == {0, 1}


def test_a_choice_is_carried_over_without_the_images_that_both_sets_have():
    images = {"a": ["x", "y", "z"], "b": ["x", "y", "z"], "c": ["p", "q"]}
    dice = {
        "a": np.array([[0.5, 0.5, 0.5], [0.4, 0.4, 9.0]]),  # only image z speaks for the second
        "b": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
        "c": np.array([[0.5, 0.5], [0.5, 0.5]]),
    }
    carried = carry_over(dice, images, "b", repetitions=4)
    assert carried.dice[2] == pytest.approx(0.3)
    assert set(carried.chosen) == {0, 1}


def test_other_images_are_judged_by_one_choice():
    images = {"a": ["x", "y"], "b": ["p", "q", "r"]}
    dice = {"a": np.array([[0.5, 0.5], [0.6, 0.6]]), "b": np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])}
    carried = carry_over(dice, images, "b", repetitions=2)
    assert carried.dice == pytest.approx([0.1, 0.2, 0.3])
    assert carried.chosen == {1: 4}
