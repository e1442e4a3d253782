import pytest

from nnunet_deepstaple.report.numbers import TruthNumbers
from nnunet_deepstaple.report.sources import find_sources

from .examples import candidate, image_numbers


def test_sources_by_hand():
    images = [
        image_numbers("i", [candidate("a", 0.9, volumes={"1": 12.0}), candidate("b", 0.5), candidate("once", 0.1)]),
        image_numbers("j", [candidate("a", 0.7, volumes={"1": 8.0}), candidate("b", 0.8, without=0.9)]),
    ]
    first, second = find_sources(images)
    assert (first.name, first.images, first.mean, first.best, first.worst) == ("a", 2, 0.8, 1, 1)
    assert first.bias["1"] == pytest.approx(0)
    assert (second.name, second.best, second.worst, second.spare) == ("b", 1, 0, False)
    assert second.without == pytest.approx(0.945)


def test_a_source_whose_absence_changes_hardly_anything_can_be_spared():
    images = [image_numbers(name, [candidate("a", without=0.999)]) for name in "ij"]
    assert [one.spare for one in find_sources(images)] == [True]


def test_sources_without_scores_or_votes():
    images = [image_numbers(name, [candidate("a", None, without=None, specificity=None)]) for name in "ij"]
    (one,) = find_sources(images)
    assert (one.mean, one.without, one.spare, one.dots, one.specificity) == (None, None, False, [], None)


def test_sources_are_estimated_as_ds_rank_does():
    matches = {"a": 0.95, "b": 0.93, "c": 0.4}
    images = [image_numbers(f"i{k}", [candidate(name, match=one) for name, one in matches.items()]) for k in range(20)]
    found = {one.name: one for one in find_sources(images)}
    assert found["a"].dice == pytest.approx(0.9 * 0.95)
    assert found["a"].low < found["a"].dice < found["a"].high
    assert [found[name].group for name in "abc"] == [1, 1, 2]


def test_true_labels_of_some_images_correct_the_estimates():
    def image(k):
        truth = {" a": TruthNumbers({"1": 0.7}, {}), " b": TruthNumbers({"1": 0.6}, {})} if k < 15 else {}
        return image_numbers(f"i{k}", [candidate("a", match=0.9), candidate("b", match=0.8)], truth=truth)

    found = {one.name: one for one in find_sources([image(k) for k in range(20)])}
    assert found["a"].dice == pytest.approx(0.7, abs=0.02)
    assert found["b"].dice == pytest.approx(0.6, abs=0.03)
