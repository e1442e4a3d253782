"""Judging options and scores over several runs at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..common.statistics import spearman, spearman_within
from .options import Option, combinations, per_label_options, scores_of, weight_options
from .runs import SECOND_PASS, Run, unlogged_scores
from .scores import SCORES

Values = Mapping[str, float]


@dataclass(frozen=True)
class Judged:
    """An option and what came of it.

    Attributes:
        option: the option.
        dice: on each image, shape (I,).
        effective: mean effective number of candidates.
        volume: mean foreground volume, where the true one is 1.
    """

    option: Option
    dice: np.ndarray
    effective: float
    volume: float


class Sweep:
    """All scores of all runs, and options judged on all of them: Dice is the mean over runs."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = runs
        self.passes = [name for name in runs[0].logs if all(name in one.logs for one in runs)]
        self._unlogged = [unlogged_scores(one.tables) for one in runs]
        self._replayed: dict[tuple[str, str], list[dict[str, float]]] = {}

    def values(self, score: str, which: str = SECOND_PASS) -> list[dict[str, float]]:
        """A score of every case, run by run."""
        if score not in SCORES:
            return [unlogged[score] for unlogged in self._unlogged]
        if (score, which) not in self._replayed:
            self._replayed[score, which] = [one.replay(SCORES[score], which) for one in self.runs]
        return self._replayed[score, which]

    @property
    def scores(self) -> list[tuple[str, str]]:
        """Every score with its pass (empty for those that need no log)."""
        logged = [(score, which) for score in SCORES for which in self.passes]
        return logged + [(score, "") for score in self._unlogged[0]]

    def judge(self, options_of_run: Callable[[int], Iterable[Option]]) -> list[Judged]:
        """Judge the options that a function gives for each run; they have the same names in each."""
        return self.judge_on(self.runs, options_of_run)

    @classmethod
    def judge_on(cls, runs: Sequence[Run], options_of_run: Callable[[int], Iterable[Option]]) -> list[Judged]:
        """Judge options on any runs."""
        columns = [[cls._judge_on(one, option) for option in options_of_run(index)] for index, one in enumerate(runs)]
        return [
            Judged(
                same[0].option,
                np.mean([one.dice for one in same], axis=0),
                float(np.mean([one.effective for one in same])),
                float(np.mean([one.volume for one in same])),
            )
            for same in zip(*columns, strict=True)
        ]

    def judge_score(
        self, score: str, which: str, weights: Sequence[tuple[str, float]], predictions: Sequence[float]
    ) -> list[Judged]:
        """Judge the weights that one score gives."""
        name = f"{score}, {which}" if which else score
        return self.judge_values(name, self.values(score, which or SECOND_PASS), weights, predictions)

    def judge_values(
        self, name: str, values: Sequence[Values], weights: Sequence[tuple[str, float]], predictions: Sequence[float]
    ) -> list[Judged]:
        """Judge the weights that a score, given run by run, makes."""
        return self.judge(lambda index: weight_options(name, values[index], weights, predictions))

    def judge_combinations(self, score: str, which: str) -> list[Judged]:
        """Judge the rules that make use of a score."""
        values = self.values(score, which or SECOND_PASS)
        return self.judge(lambda index: combinations(score, values[index]))

    def judge_per_label(self, which: str) -> list[Judged]:
        """Judge votes in which a candidate has a weight for each label."""
        values = [one.class_agreement(which) for one in self.runs]
        return self.judge(lambda index: per_label_options(f"agreement per label, {which}", values[index]))

    def ranking(self, values: Sequence[Values], split: str = "") -> tuple[float, float]:
        """Spearman with the true Dice within images and over all cases, mean over runs; of one split's images."""
        within, overall = [], []
        for one, scores in zip(self.runs, values, strict=True):
            tables = [
                table for table in one.tables if not split or (table.image in one.validation_images) == (split == "val")
            ]
            found = [scores_of(table, scores) for table in tables]
            truth = [table.true_dice() for table in tables]
            within.append(spearman_within(found, truth))
            overall.append(spearman(np.concatenate(found), np.concatenate(truth)))
        return float(np.mean(within)), float(np.mean(overall))

    @staticmethod
    def _judge_on(one: Run, option: Option) -> Judged:
        fused = [(table, option.fuse(table)) for table in one.tables]
        return Judged(
            option,
            np.array([table.dice(consensus.labels) for table, consensus in fused]),
            float(np.mean([consensus.effective for _, consensus in fused])),
            float(np.nanmean([table.volume(consensus.labels) for table, consensus in fused])),
        )
