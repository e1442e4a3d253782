import pytest

from nnunet_deepstaple.report.ranking import need_of, rank

from .examples import candidate, image_numbers


def test_the_largest_expected_error_comes_first():
    ranked = rank([image_numbers("a", expected_error=0.1), image_numbers("b", expected_error=0.4)])
    assert [one.image.image for one in ranked] == ["b", "a"]


def test_need_is_the_mean_of_what_the_votes_and_the_network_expect():
    assert need_of(0.2, 0.6) == pytest.approx(0.3)
    assert need_of(0.2, None) == 0.2


def test_mean_and_spread_of_the_scores_and_place_of_the_volume():
    ranked = rank(
        [
            image_numbers("a", [candidate("x", 0.4), candidate("y", 0.8)], volumes={"1": 30.0}),
            image_numbers("b", [candidate("x", None)], volumes={"1": 20.0}),
        ]
    )
    assert (ranked[0].mean, round(ranked[0].spread, 4), ranked[0].place) == (0.6000000000000001, 0.2828, 2)
    assert (ranked[1].mean, ranked[1].spread, ranked[1].place) == (None, None, 1)


def test_what_was_judged():
    marks = [candidate("x", rating="exclude"), candidate("y", rating="poor")]
    (one,) = rank([image_numbers("a", marks, rating="redo")])
    assert one.judged == "redo, 1 excluded"
