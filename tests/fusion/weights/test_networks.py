import numpy as np
import pytest

from nnunet_deepstaple.fusion.votes import collect_votes
from nnunet_deepstaple.fusion.weights.networks import (
    POWER,
    SLACK,
    annotators,
    best_of,
    compared,
    confirmed,
    network_trust,
    trust_predictions,
)
from nnunet_deepstaple.fusion.weights.scores_and_overlap import MANY_CANDIDATES

from ..examples import votes_of

COUNTS = np.array([100, 10, 5, 5, 5])
CANDIDATES = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
"""Each has 15 voxels, of which the vote, and that of the others, has 10: Dice 0.8, odds 4."""
WEIGHTS = np.array([0.2, 0.2, 0.2, 0.4])


def trusted(*prediction: int, networks: np.ndarray | None = None) -> np.ndarray:
    votes = votes_of(np.column_stack([CANDIDATES, prediction]), COUNTS)
    return trust_predictions(votes, WEIGHTS, n_candidates=3, networks=networks)


def test_a_prediction_as_good_as_the_best_candidate_keeps_its_weight():
    np.testing.assert_allclose(trusted(0, 1, 1, 0, 0), WEIGHTS)


def test_what_the_vote_does_not_confirm_costs_weight_by_its_odds():
    weights = trusted(0, 1, 1, 1, 0)  # Dice of 2 · 10 / (20 + 10) with the vote: odds 2
    assert weights[3] / weights[:3].sum() == pytest.approx(0.5 * 0.4 / 0.6)
    np.testing.assert_allclose(weights[:3] / weights[:3].sum(), np.full(3, 1 / 3))
    assert weights.sum() == pytest.approx(1)


def test_a_network_keeps_what_it_is_trusted():
    weights = trusted(0, 1, 1, 0, 0, networks=np.array([0.25]))
    assert weights[3] / weights[:3].sum() == pytest.approx(0.25 * 0.4 / 0.6)


def test_an_empty_prediction_loses_its_vote():
    assert trusted(0, 0, 0, 0, 0)[3] == 0


def test_where_everything_is_empty_nothing_changes():
    weights = trust_predictions(votes_of(np.zeros((1, 4), int), [100], 1), WEIGHTS, n_candidates=3)
    np.testing.assert_allclose(weights, WEIGHTS)


def test_where_candidates_confirm_nobody_nothing_changes():
    patterns = np.array([[0, 0, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0]])
    weights = np.array([0.3, 0.2, 0.1, 0.4])
    np.testing.assert_allclose(trust_predictions(votes_of(patterns, COUNTS[:4]), weights, n_candidates=3), weights)


def test_a_candidate_is_judged_by_the_others():
    """Of two that disagree the heavier makes the vote; a prediction between them is no worse than either."""
    patterns = np.array([[0, 0, 0], [1, 0, 1], [1, 1, 1], [0, 1, 0]])
    weights = np.array([0.5, 0.2, 0.3])
    counts = np.array([100, 10, 10, 10])
    np.testing.assert_allclose(trust_predictions(votes_of(patterns, counts), weights, n_candidates=2), weights)


def test_a_single_candidate_cannot_judge():
    patterns = np.array([[0, 0], [1, 0], [0, 1], [0, 1]])
    counts = np.array([100, 10, 10, 10])
    np.testing.assert_allclose(trust_predictions(votes_of(patterns, counts), np.array([0.6, 0.4]), 1), [0.6, 0.4])


def test_a_network_is_trusted_by_its_average():
    assert network_trust(np.array([0.9, 0.7]), np.array([0.8, 0.8])) == 1  # one bad image is no bad network
    lag = network_trust(np.array([0.6, 0.7]), np.array([0.8, 0.8]))
    assert lag == pytest.approx((SLACK * 0.65 / 0.35 / 4) ** POWER)
    assert network_trust(np.array([0.78]), np.array([0.8])) == 1  # odds of 3.5 and 4
    assert network_trust(np.array([0.0]), np.array([0.8])) == 0


def test_a_network_is_measured_by_the_best_candidate_apart_and_within():
    patterns = np.column_stack([CANDIDATES, [0, 1, 1, 1, 0]])
    dice, apart, within = compared(votes_of(patterns, COUNTS), np.array([0.6, 0.2, 0.2, 0]), 3)
    assert dice[0] == pytest.approx(2 * 15 / (15 + 20))
    assert apart == pytest.approx(0.8)
    assert within == 1  # the vote is the heaviest candidate's own


def test_of_few_candidates_the_best_is_measured_apart():
    assert best_of(0.8, 1.0, MANY_CANDIDATES) == pytest.approx(0.9)
    assert best_of(0.8, 1.0, MANY_CANDIDATES - 1) == 0.8


def test_certain_candidates_leave_no_doubt():
    assert confirmed(np.array([0.9, 1.0]), 1.0).tolist() == [0, 1]


def test_where_candidates_differ_in_what_they_look_for_each_structure_has_its_best():
    """One candidate looks for each label; the second is alone with an easy label, and is no rival on the other."""
    one, two = [0, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, 2, 2, 2]
    worse, prediction = [0, 1, 0, 0, 0, 0, 0], [0, 1, 1, 0, 2, 2, 0]
    ones, twos = {0: frozenset({0, 2}), 1: frozenset({1})}, {0: frozenset({0, 1}), 2: frozenset({2})}
    maps = [np.array([row], np.uint8) for row in (one, worse, two, two, prediction)]
    votes = collect_votes(maps, meanings=[ones, ones, twos, twos, None])
    dice, apart, within = compared(votes, np.array([0.3, 0.2, 0.25, 0.25, 0]), 4)
    assert dice[0] == pytest.approx((1 + 2 * 2 / (2 + 3)) / 2)
    assert apart == pytest.approx((2 / 3 + 1) / 2)
    assert within == 1
    assert annotators(votes.of_voters(slice(4))) == 2
