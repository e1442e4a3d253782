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


def test_files_of_two_images_that_were_exchanged_come_first():
    def image(name, dice, **values):
        others = [candidate(other, dice=0.9) for other in ("a", "c")]
        return image_numbers(name, [*others, candidate("b", dice=dice)], **values)

    images = [image("p0", 0.0, expected_error=0.1), image("p1", 0.02, expected_error=0.1)]
    images += [image(f"p{number}", 0.9, expected_error=0.4) for number in range(2, 6)]
    ranked = rank(images)
    assert [one.image.image for one in ranked[:2]] == ["p0", "p1"]
    assert "candidate 'b' has Dice 0.00 with the consensus here and 0.90 elsewhere" in ranked[0].warnings[0]
    assert not any(one.strays for one in ranked[2:])


@pytest.mark.parametrize("images", [3, 4, 5])
def test_an_exchange_among_few_images_is_seen(images):
    def image(number):
        dice = 0.0 if number < 2 else 0.9
        return image_numbers(
            f"p{number}", [candidate("a", dice=0.9), candidate("c", dice=0.9), candidate("b", dice=dice)]
        )

    ranked = rank([image(number) for number in range(images)])
    assert [bool(one.strays) for one in ranked] == [True, True] + [False] * (images - 2)
    assert [one.image.image for one in ranked[:2]] == ["p0", "p1"]


def test_a_candidate_that_is_bad_everywhere_is_no_stray():
    bad = [candidate("a"), candidate("c"), candidate("b", dice=0.0)]
    assert not any(one.strays for one in rank([image_numbers(name, bad) for name in "xyz"]))
