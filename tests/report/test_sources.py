import pytest

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
