import numpy as np
import pytest

from nnunet_deepstaple.ranking.match import match_of_pairs, match_of_structure


def pairs_of(match) -> np.ndarray:
    return np.outer(match, match)


def test_independent_sources_are_told_exactly():
    match = np.array([0.9, 0.8, 0.7, 0.5])
    assert match_of_pairs(pairs_of(match)) == pytest.approx(match, abs=1e-6)


def test_a_pair_that_errs_together_does_not_carry_the_fit():
    match = np.array([0.9, 0.85, 0.8, 0.75, 0.6, 0.6])
    dice = pairs_of(match)
    dice[4, 5] = dice[5, 4] = 0.99
    assert match_of_pairs(dice) == pytest.approx(match, abs=0.01)


def test_two_sources_match_equally():
    assert match_of_pairs(np.array([[1, 0.64], [0.64, 1]])) == pytest.approx([0.8, 0.8])


def test_a_pair_that_is_not_known_is_left_out():
    match = np.array([0.9, 0.8, 0.7, 0.6])
    dice = pairs_of(match)
    dice[0, 1] = dice[1, 0] = np.nan
    assert match_of_pairs(dice) == pytest.approx(match, abs=1e-6)
    dice[3] = dice[:, 3] = np.nan
    assert np.isnan(match_of_pairs(dice)).tolist() == [False, False, False, True]


def test_copies_are_one_judge():
    match = np.array([0.9, 0.85, 0.8, 0.75, 0.5, 0.5, 0.5, 0.5, 0.5])
    dice = pairs_of(match)
    dice[4:, 4:] = 0.98
    together = np.eye(9)
    together[4:, 4:] = 1
    assert match_of_pairs(dice, together) == pytest.approx(match, abs=0.01)
    assert match_of_pairs(dice)[:4].max() < 0.8  # taken for independent, they carry the fit


def test_a_label_that_few_show_is_wrong_for_them_and_unknown_for_the_others():
    dice = np.array([[1, 0, 0], [0, np.nan, np.nan], [0, np.nan, np.nan]])
    assert match_of_structure(dice, np.array([1.0, 0, 0])) == pytest.approx([0, np.nan, np.nan], nan_ok=True)
