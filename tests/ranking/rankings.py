"""A small ranking for tests of what is said of one."""

import numpy as np

from nnunet_deepstaple.ranking.ceiling import FoundCeiling
from nnunet_deepstaple.ranking.files import Ranking
from nnunet_deepstaple.ranking.ranking import MEAN, LabelRanking, RankedSource


def ranking(*places: tuple[int, int], truths: int = 0, dice_apart: float = 0.01, overlap: float = 0.7) -> Ranking:
    """Sources a, b, c … on five images, with the lower end of each rank's interval, and its group."""
    rows = [
        RankedSource("abcd"[place], 5, 0.8 - dice_apart * place, 0.7, 0.9, place + 1, low, 4, group, 0.9, *(None,) * 7)
        for place, (low, group) in enumerate(places)
    ]
    label = LabelRanking(MEAN, rows, FoundCeiling(0.9, 0.05, 0.05), 5)
    names = [one.source for one in rows]
    nothing = np.eye(len(rows))
    pairs = np.maximum(nothing, overlap)
    return Ranking([label], names, 5, truths, None, 2.0, pairs, nothing, [], {name: [] for name in names}, [])
