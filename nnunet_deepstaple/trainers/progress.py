"""How the scores develop over the epochs of a training, in a few numbers per epoch."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from ..datasets.case_ids import split_case
from ..fusion.weights.scores import default_kind, weights_of
from ..fusion.weights.weights import effective_number

LOOK_BACK = 5
"""The ranking of the candidates is compared with the ranking this many epochs earlier."""

SCORES = {"agreement": default_kind("agreement"), "data_parameter": "paper"}
"""The scores that are followed, each with the kind of weights that it gets in a vote."""


class Progress:
    """Series over the epochs of a training.

    There are these series for each of the two scores, with one value per epoch. Only images with at least two scored
    candidates count; the value is NaN if there is no such image.

    - ``<score>``, ``<score>_best``, ``<score>_worst``: mean over the images of the mean, the highest and the lowest
      score of their candidates;
    - ``<score>_spread``: mean over the images of the standard deviation within the image;
    - ``<score>_effective_candidates``: effective number of candidates (1 / Σw²) in the vote of an image, mean;
    - ``<score>_rank_correlation``: Spearman's rank correlation between the candidates of an image now and five epochs
      earlier, mean. Near 1, the ranking no longer changes.
    """

    def __init__(self, cases: Sequence[str]) -> None:
        images: dict[str, list[int]] = {}
        for number, case in enumerate(cases):
            images.setdefault(split_case(case)[0], []).append(number)
        self._images = [np.array(numbers) for numbers in images.values()]
        self._history: dict[str, list[np.ndarray]] = {name: [] for name in SCORES}
        self.series: dict[str, list[float]] = {
            f"{score}{suffix}": []
            for score in SCORES
            for suffix in ("", "_best", "_worst", "_spread", "_effective_candidates", "_rank_correlation")
        }

    @property
    def candidates(self) -> float:
        """Mean number of candidates of an image."""
        return sum(map(len, self._images)) / len(self._images)

    def add(self, agreement: np.ndarray, data_parameters: np.ndarray) -> None:
        """Add the scores of all cases at the end of the next epoch, shape (N,); NaN where a case has none yet."""
        for name, values in (("agreement", agreement), ("data_parameter", data_parameters)):
            history = self._history[name]
            history.append(values)
            earlier = history.pop(0) if len(history) > LOOK_BACK else np.full(len(values), math.nan)
            for suffix, value in self._summary(values, earlier, SCORES[name]).items():
                self.series[f"{name}{suffix}"].append(value)

    def _summary(self, values: np.ndarray, earlier: np.ndarray, weights: str) -> dict[str, float]:
        within = [values[numbers][~np.isnan(values[numbers])] for numbers in self._images]
        within = [scores for scores in within if len(scores) > 1]
        return {
            "": _mean([scores.mean() for scores in within]),
            "_best": _mean([scores.max() for scores in within]),
            "_worst": _mean([scores.min() for scores in within]),
            "_spread": _mean([scores.std() for scores in within]),
            "_effective_candidates": _mean([effective_number(weights_of(scores, weights)) for scores in within]),
            "_rank_correlation": _mean([_rank_correlation(values[at], earlier[at]) for at in self._images]),
        }


def _mean(values: Sequence[float]) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where all values are NaN
        return float(np.nanmean(values)) if len(values) else math.nan


def _rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's correlation over the entries that both have; NaN if there are fewer than two, or all are tied."""
    both = ~(np.isnan(first) | np.isnan(second))
    if both.sum() < 2:
        return math.nan
    ranks = [rankdata(values[both]) for values in (first, second)]
    ranks = [values - values.mean() for values in ranks]
    scale = math.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum())
    return float(ranks[0] @ ranks[1] / scale) if scale else math.nan
