import pytest

from nnunet_deepstaple.ranking.sentences import first_sentence

from .rankings import ranking


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (((1, 1), (2, 2), (3, 2)), "Trust a: it is the best of 3 sources."),
        (((1, 1), (2, 1), (3, 2)), "a comes first of 3 sources, but 1 other source may be just as good."),
        (((1, 1), (1, 1), (3, 1), (4, 2)), "a comes first of 4 sources, but 2 other sources may be just as good."),
    ],
)
def test_the_sources_of_the_first_group_may_be_as_good(places, words):
    assert first_sentence(ranking(*places)).startswith(words)


def test_nothing_is_known():
    assert first_sentence(ranking()) == "Nothing can be said of any source."


def test_estimates_that_are_the_same_put_none_first():
    found = first_sentence(ranking((1, 1), (1, 1), dice_apart=0.0))
    assert found.startswith(
        "Which of the 2 sources is best cannot be told. Each overlaps with the true labels by about"
    )


def test_sources_that_hardly_overlap_are_not_ranked_in_words():
    words = "Which of the 2 sources to trust cannot be told, because they hardly overlap."
    assert first_sentence(ranking((1, 1), (2, 2), overlap=0.1)) == words
    assert first_sentence(ranking((1, 1), (2, 2), overlap=0.1, truths=2)).startswith("Trust a")


@pytest.mark.parametrize(
    ("truths", "words"), [(0, "as far as this can be known."), (4, "as far as this can be known."), (5, "like these.")]
)
def test_what_all_true_labels_tell_is_known(truths, words):
    assert first_sentence(ranking((1, 1), (2, 2), truths=truths)).endswith(words)
