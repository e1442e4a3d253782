import pytest

from nnunet_deepstaple.ranking.sentences import first_sentence

from .rankings import ranking


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (((1, 1), (2, 2), (3, 2)), "Trust a: it is the best of 3 sources."),
        (((1, 1), (1, 1), (3, 1)), "a comes first of 3 sources, but one other source may be just as good."),
        (((1, 1), (1, 1), (1, 1), (3, 1)), "a comes first of 4 sources, but 2 other sources may be just as good."),
        (((1, 1), (2, 1), (3, 2)), "a is most likely the best of 3 sources."),
    ],
)
def test_only_sources_that_may_come_first_are_counted(places, words):
    assert first_sentence(ranking(*places)).startswith(words)


def test_nothing_is_known():
    assert first_sentence(ranking()) == "Nothing can be said of any source."


@pytest.mark.parametrize(
    ("truths", "words"), [(0, "as far as this can be known."), (4, "as far as this can be known."), (5, "like these.")]
)
def test_what_all_true_labels_tell_is_known(truths, words):
    assert first_sentence(ranking((1, 1), (2, 2), truths=truths)).endswith(words)
