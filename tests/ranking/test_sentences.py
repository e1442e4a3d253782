import numpy as np
import pytest

from nnunet_deepstaple.ranking.estimate import Ceiling, FoundCeiling
from nnunet_deepstaple.ranking.files import Ranking
from nnunet_deepstaple.ranking.ranking import MEAN, LabelRanking, RankedSource
from nnunet_deepstaple.ranking.sentences import first_sentence


def ranking(*places: tuple[int, int]) -> Ranking:
    """Sources a, b, c … with the lower end of each rank's interval, and its group."""
    rows = [
        RankedSource("abcd"[place], 5, 0.8, 0.7, 0.9, place + 1, low, 4, group, 0.9, *(None,) * 7)
        for place, (low, group) in enumerate(places)
    ]
    label = LabelRanking(MEAN, rows, FoundCeiling(0.9, 0.05, 0.05, None), 5)
    names = [one.source for one in rows]
    return Ranking([label], names, 5, 0, Ceiling(), 2.0, np.eye(len(rows)), np.eye(len(rows)), [], {}, [])


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
