import numpy as np
import pytest

from nnunet_deepstaple.fusion.trust import POWER, trust_predictions

COUNTS = np.array([100, 10, 10, 10])
CANDIDATES = np.array([[0, 0, 0], [1, 1, 1], [1, 1, 0], [0, 0, 1]])
WEIGHTS = np.array([0.3, 0.2, 0.1, 0.4])


def trusted(*prediction: int) -> np.ndarray:
    return trust_predictions(np.column_stack([CANDIDATES, prediction]), COUNTS, 2, WEIGHTS, n_candidates=3)


def test_a_prediction_as_good_as_the_best_candidate_keeps_its_weight():
    np.testing.assert_allclose(trusted(0, 1, 1, 0), WEIGHTS)


def test_what_the_vote_does_not_confirm_costs_weight():
    kept = (2 / 3) ** POWER  # Dice of 2 · 10 / (20 + 10) with the vote, the best candidate's is 1
    weights = trusted(0, 1, 0, 0)
    assert weights[3] / weights[:3].sum() == pytest.approx(kept * 0.4 / 0.6)
    np.testing.assert_allclose(weights[:3] / weights[:3].sum(), WEIGHTS[:3] / 0.6)
    assert weights.sum() == pytest.approx(1)


def test_an_empty_prediction_loses_its_vote():
    assert trusted(0, 0, 0, 0)[3] == 0


def test_where_everything_is_empty_nothing_changes():
    weights = trust_predictions(np.zeros((1, 4), int), np.array([100]), 1, WEIGHTS, n_candidates=3)
    np.testing.assert_allclose(weights, WEIGHTS)


def test_where_candidates_confirm_nobody_nothing_changes():
    patterns = np.array([[0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]])
    np.testing.assert_allclose(trust_predictions(patterns, COUNTS, 2, WEIGHTS, n_candidates=3), WEIGHTS)


def test_a_candidate_is_judged_by_the_others():
    """Of two that disagree the heavier makes the vote; a prediction between them is no worse than either."""
    patterns = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1], [0, 1, 0]])
    weights = np.array([0.5, 0.2, 0.3])
    np.testing.assert_allclose(trust_predictions(patterns, COUNTS, 2, weights, n_candidates=2), weights)


def test_a_single_candidate_cannot_judge():
    patterns = np.array([[0, 0], [1, 0], [0, 1], [0, 1]])
    np.testing.assert_allclose(trust_predictions(patterns, COUNTS, 2, np.array([0.6, 0.4]), 1), [0.6, 0.4])
