"""The tables of a sweep."""

from collections.abc import Iterator, Sequence

import numpy as np

from nnunet_deepstaple.fusion.planning.predictions import WEIGHT as DEFAULT_PREDICTION

from ...evidence.rows import Row
from ..common.statistics import paired_p
from .choosing import cross_validate
from .families import DEFAULT_SCORE, FINAL, families
from .options import COMMON_WEIGHTS, DEFAULT_WEIGHTS, WEIGHTS, label_only_options, predictions, weight_options
from .runs import SECOND_PASS, Run
from .scores import SCORES
from .sweep import Sweep, Values
from .vote_tables import VoteTable

PAPER = "θ as published"
_COMPARED = (DEFAULT_SCORE, FINAL, PAPER, "true Dice")
_SPLITS = {"train": "training", "val": "validation"}
_FEWER = (2, 3, 5, 7)
_DRAWS = 5
_VISITS = (5, 10, 15, 25, 40, 60, 100)


WAYS = {
    "scores": ["score", "pass"],
    "weights": ["score", "weights"],
    "prediction": ["weight of the prediction"],
    "fewer": ["weights", "weight of the prediction"],
    "rules": ["rule"],
    "visits": ["visits per case", "score", "pass"],
    "choice": ["family"],
}
"""The tables, and which of their columns say what was compared."""


def tables(runs: Sequence[Run], folds: int, repetitions: int, seed: int) -> Iterator[tuple[str, list[Row]]]:
    """All tables by name."""
    sweep = Sweep(runs)
    yield "scores", score_rows(sweep)
    yield "weights", weight_rows(sweep)
    yield "prediction", prediction_rows(sweep)
    yield "fewer", fewer_rows(sweep, seed)
    yield "rules", rule_rows(sweep)
    yield "visits", visit_rows(sweep)
    yield "choice", choice_rows(sweep, folds, repetitions, seed)


def score_rows(sweep: Sweep) -> list[Row]:
    """How each score ranks the candidates, and the consensus with weights that any score can have."""
    rows: list[Row] = []
    for score, which in sweep.scores:
        values = sweep.values(score, which or SECOND_PASS)
        within, overall = sweep.ranking(values)
        plain, with_prediction = sweep.judge_score(score, which, [COMMON_WEIGHTS], (0.0, DEFAULT_PREDICTION))
        rows.append(
            {
                "score": score,
                "pass": which,
                "Spearman within image": within,
                **_by_split(sweep, values),
                "Spearman, all cases": overall,
                "consensus Dice": float(plain.dice.mean()),
                f"with prediction {DEFAULT_PREDICTION:g}": float(with_prediction.dice.mean()),
                "effective candidates": plain.effective,
            }
        )
    return rows


def weight_rows(sweep: Sweep) -> list[Row]:
    """From some scores to weights, in every way."""
    return [
        {
            "score": judged.option.score,
            "weights": judged.option.weights,
            "consensus Dice": float(judged.dice.mean()),
            "effective candidates": judged.effective,
        }
        for score, which in sweep.scores
        if score in _COMPARED
        for judged in sweep.judge_score(score, which, WEIGHTS, (0.0,))
    ]


def prediction_rows(sweep: Sweep) -> list[Row]:
    """The prediction as one more voter beside candidates weighted by some scores."""
    places = np.arange(0, 1.25, 0.1).round(1).tolist()
    rows: dict[float, dict[str, float]] = {weight: {"weight of the prediction": weight} for weight in places}
    for score, which in sweep.scores:
        if score in _COMPARED:
            weights = COMMON_WEIGHTS if score == PAPER else DEFAULT_WEIGHTS
            for judged in sweep.judge_score(score, which, [weights], places):
                rows[judged.option.prediction][judged.option.score] = float(judged.dice.mean())
    return list(rows.values())


def fewer_rows(sweep: Sweep, seed: int) -> list[Row]:
    """Weights from the default score when an image has fewer candidates, drawn at random several times."""
    score, which = (DEFAULT_SCORE, sweep.passes[-1]) if sweep.passes else (FINAL, "")
    values = sweep.values(score, which or SECOND_PASS)
    rows: dict[tuple[str, float], dict[str, str | int | float]] = {}
    for number in (*_FEWER, max(len(table.candidates) for table in sweep.runs[0].tables)):
        random = np.random.default_rng(seed)
        drawn = [
            Run(one.logs, [table.subset(_draw(table, number, random)) for _ in range(_DRAWS) for table in one.tables])
            for one in sweep.runs
        ]
        judged = Sweep.judge_on(
            drawn,
            lambda index: weight_options(score, values[index], WEIGHTS, (0.0, 0.4, 0.5, 0.6)),
        )
        for one in judged:
            key = one.option.weights, one.option.prediction
            row = rows.setdefault(key, {"weights": key[0], "weight of the prediction": f"{key[1]:g}"})
            row[f"{number} candidates"] = float(one.dice.mean())
    return list(rows.values())


def rule_rows(sweep: Sweep) -> list[Row]:
    """Rules that see labels only, the prediction alone, and combinations, each compared with STAPLE and SIMPLE."""
    judged = sweep.judge(lambda _: [*label_only_options(), *predictions()])
    for score, which in [*((DEFAULT_SCORE, which) for which in sweep.passes[-1:]), (FINAL, "")]:
        judged += sweep.judge_combinations(score, which)
        judged += sweep.judge_score(score, which, [COMMON_WEIGHTS, DEFAULT_WEIGHTS], (0.0, DEFAULT_PREDICTION))
    judged += [one for which in sweep.passes[-1:] for one in sweep.judge_per_label(which)]
    judged += sweep.judge_score("true Dice", "", [COMMON_WEIGHTS, DEFAULT_WEIGHTS, ("power", 8.0)], (0.0,))
    named = {one.option.name: one for one in judged}
    validation = np.array([image in sweep.runs[0].validation_images for image in sweep.runs[0].images])
    parts = {"training": ~validation, "validation": validation} if validation.any() else {}
    return [
        {
            "rule": name,
            "consensus Dice": float(one.dice.mean()),
            "SD over images": float(one.dice.std(ddof=1)),
            "volume, × true": one.volume,
            **{f"of {what} images": float(one.dice[images].mean()) for what, images in parts.items()},
            **_against(one.dice, named["STAPLE"].dice, "STAPLE"),
            **_against(one.dice, named["SIMPLE"].dice, "SIMPLE"),
        }
        for name, one in named.items()
    ]


def visit_rows(sweep: Sweep) -> list[Row]:
    """Ranking and consensus of some scores after the first epochs of the training, by visits per training case."""
    rows: list[Row] = []
    for wanted in _VISITS:
        for which in sweep.passes:
            cut = [_shorten(one, which, wanted) for one in sweep.runs]
            if any(epochs is None for epochs in cut):
                continue
            for score in (PAPER, "θ, warm-up 40 %", DEFAULT_SCORE):
                values = [one.replay(SCORES[score], which, epochs) for one, epochs in zip(sweep.runs, cut, strict=True)]
                (judged,) = sweep.judge_values(score, values, [COMMON_WEIGHTS], (0.0,))
                rows.append(
                    {
                        "visits per case": wanted,
                        "score": score,
                        "pass": which,
                        "Spearman within image": sweep.ranking(values)[0],
                        "consensus Dice": float(judged.dice.mean()),
                    }
                )
    return rows


def choice_rows(sweep: Sweep, folds: int, repetitions: int, seed: int) -> list[Row]:
    """The best option of several families, chosen on some images and judged on the others."""
    found = families(sweep)
    named = {one.option.name: one.dice for one in found["label-only rules"]}
    rows: list[Row] = []
    for family, members in found.items():
        validated = cross_validate(np.stack([one.dice for one in members]), folds, repetitions, seed)
        best = max(members, key=lambda one: float(one.dice.mean()))
        favourite, times = validated.chosen.most_common(1)[0]
        rows.append(
            {
                "family": family,
                "options": len(members),
                "held-out Dice": float(validated.dice.mean()),
                **_against(validated.dice, named["STAPLE"], "STAPLE"),
                **_against(validated.dice, named["SIMPLE"], "SIMPLE"),
                "Dice of the best on all images": float(best.dice.mean()),
                "chosen most": members[favourite].option.name,
                "share of choices": times / validated.chosen.total(),
            }
        )
    return rows


def _draw(table: VoteTable, number: int, random: np.random.Generator) -> list[int]:
    return sorted(random.permutation(len(table.candidates))[:number].tolist())


def _by_split(sweep: Sweep, values: Sequence[Values]) -> dict[str, float]:
    if not any(one.validation_images for one in sweep.runs):
        return {}
    return {f"of {what} images": sweep.ranking(values, split)[0] for split, what in _SPLITS.items()}


def _against(dice: np.ndarray, other: np.ndarray, name: str) -> dict[str, float]:
    return {f"− {name}": float((dice - other).mean()), f"p, {name}": paired_p(dice, other)}


def _shorten(one: Run, which: str, visits: float) -> int | None:
    """Epochs after which a training case has had so many visits on average; None where it never has."""
    log = one.logs[which]
    training = log.visits[log.visits["case"] < len(log.train)]
    so_far = np.cumsum(np.bincount(training["epoch"], minlength=log.epochs)) / len(log.train)
    enough = np.flatnonzero(so_far >= visits - 0.5)
    return int(enough[0]) + 1 if enough.size else None
