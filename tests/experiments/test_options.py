import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.by_name import RULES
from nnunet_deepstaple.fusion.weights.weights import Weights
from scripts.experiments.replays.options import (
    PREDICTION,
    combinations,
    label_only_options,
    per_label_options,
    predictions,
    vote,
    vote_per_label,
    weight_options,
)
from scripts.experiments.replays.vote_tables import VoteTable

VALUES = {"a__u": 0.9, "a__v": 0.8, "a__w": 0.2}


@pytest.fixture
def table() -> VoteTable:
    """Three candidates and the prediction, which alone is right in the last pattern."""
    patterns = np.array([[0, 0, 0, 0], [1, 1, 0, 1], [1, 0, 0, 1], [0, 1, 0, 1]], np.uint8)
    truth = np.array([[50, 0], [0, 10], [0, 5], [0, 3]])
    return VoteTable("a", ["u", "v", "w"], [PREDICTION], patterns, truth)


def test_a_vote_without_the_prediction_is_the_package_s(table):
    weights = np.array([0.45, 0.3, 0.25])
    expected = RULES["weighted"](table.voted(table.votes), Weights(weights)).labels
    assert vote(table, weights).tolist() == expected.tolist() == [0, 1, 0, 0]


def test_a_weight_of_the_prediction_turns_disputed_votes(table):
    assert vote(table, np.array([0.45, 0.3, 0.25]), prediction=0.5).tolist() == [0, 1, 1, 1]


def test_one_weight_for_all_labels_is_the_plain_vote(table):
    weights = np.array([0.45, 0.3, 0.25])
    per_label = vote_per_label(table, np.repeat(weights[:, np.newaxis], 2, axis=1))
    assert per_label.tolist() == vote(table, weights).tolist()


def test_every_option_fuses_and_has_a_name_of_its_own(table):
    per_label = {"a": np.array([[0.9], [0.8], [0.2]])}
    options = [
        *label_only_options(),
        *predictions(),
        *weight_options("s", VALUES),
        *combinations("s", VALUES),
        *per_label_options("p", per_label),
    ]
    assert len({option.name for option in options}) == len(options)
    for option in options:
        assert option.fuse(table).labels.shape == (4,)


def test_powers_of_negative_scores_are_left_out():
    kinds = {option.weights.split()[0] for option in weight_options("θ", {"a__u": -1.0, "a__v": 1.0})}
    assert kinds == {"softmax", "paper"}
