import numpy as np
import pytest

from nnunet_deepstaple.ranking.images import ExpectedDice, judge_images
from nnunet_deepstaple.ranking.measure import NAMES, ImageMeasures, Measures, OfConsensus
from nnunet_deepstaple.ranking.oddities import thumbnail


def image(*matches, dice=np.nan, odd=None):
    consensus = {f"label_{number}": OfConsensus(match, dice) for number, match in enumerate(matches, 1)}
    small = thumbnail(np.ones((4, 4), bool))
    structures = {name: Measures(**dict.fromkeys(NAMES, np.full(3, one.match))) for name, one in consensus.items()}
    return ImageMeasures(structures, consensus, small, {}, odd or {}, np.isfinite(dice))


def test_the_image_that_gains_most_comes_first():
    found = judge_images({"good": image(0.95, 0.95), "bad": image(0.5, 0.7), "middling": image(0.8, 0.8)}, None)
    assert [one.image for one in found] == ["bad", "middling", "good"]
    assert found[0].gain == pytest.approx(1 - np.mean([one.dice for one in found[0].structures.values()]))


def test_true_labels_correct_the_expectation_of_other_images():
    known = {f"known{number}": image(0.9, dice=0.63) for number in range(20)}
    expected = {one.image: one.structures["label_1"] for one in judge_images({**known, "x": image(0.9)}, None)}
    assert expected["x"].dice == pytest.approx(0.63, abs=0.01)
    assert expected["x"].low < 0.6
    assert expected["x"].high > 0.66
    assert expected["known0"] == ExpectedDice(0.63, 0.63, 0.63)


def test_nobody_need_look_at_an_image_that_has_true_labels():
    found = judge_images({"known": image(0.5, dice=0.4), "x": image(0.8), "y": image(0.7)}, None)
    assert [one.image for one in found] == ["y", "x", "known"]


def test_an_empty_consensus_is_left_out_and_odd_candidates_are_told():
    [found] = judge_images({"x": image(0.9, np.nan, odd={"a": "is empty"})}, None)
    assert list(found.structures) == ["label_1"]
    assert found.odd == ["candidate 'a' is empty"]
