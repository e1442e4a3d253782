"""The ways to a consensus that a sweep compares, each a name and a function of an image's vote table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from nnunet_deepstaple.fusion.decision.argmax import decide
from nnunet_deepstaple.fusion.planning.predictions import WEIGHT as DEFAULT_PREDICTION
from nnunet_deepstaple.fusion.rules.rule import Rule
from nnunet_deepstaple.fusion.rules.simple import simple
from nnunet_deepstaple.fusion.rules.staple import staple
from nnunet_deepstaple.fusion.rules.weighted import majority, weighted
from nnunet_deepstaple.fusion.weights.networks import compared
from nnunet_deepstaple.fusion.weights.networks import confirmed as confirmed_by
from nnunet_deepstaple.fusion.weights.scores import TEMPERATURES, weights_of
from nnunet_deepstaple.fusion.weights.weights import Weights, effective_number

from ..common.multilabel_staple import multilabel_staple
from .vote_tables import VoteTable

PREDICTION = "prediction"
"""Name of the voter that is the final network's label map."""

COMMON_WEIGHTS = ("softmax", TEMPERATURES["softmax"])
"""Weights that any score can have, whatever its scale: scores are compared with them."""

DEFAULT_WEIGHTS = ("power", TEMPERATURES["power"])
"""What ds_fuse makes of the agreement."""

WEIGHTS: list[tuple[str, float]] = [
    *(("softmax", temperature) for temperature in (1.0, 2.0, 3.0, 4.0)),
    *(("power", temperature) for temperature in (2.0, 4.0, 6.0, 8.0, 12.0, 16.0)),
    ("paper", 1.0),
]
PREDICTION_WEIGHTS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.8)
"""Weights of the prediction in a vote, where the candidates together have 1."""

_DISPUTED = partial(staple, disputed_only=True)


@dataclass(frozen=True)
class Fused:
    """A consensus as labels of the patterns, shape (P,), and the effective number of candidates (NaN for none)."""

    labels: np.ndarray
    effective: float = float("nan")


@dataclass(frozen=True)
class Option:
    """One way to a consensus.

    Attributes:
        score: what the candidates are weighted by, or the rule.
        weights: kind of the weights, with its temperature.
        prediction: its weight in the vote, where the candidates together have 1.
        fuse: from an image's votes to its consensus.
    """

    score: str
    weights: str
    prediction: float
    fuse: Callable[[VoteTable], Fused]

    @property
    def name(self) -> str:
        parts = [self.score, self.weights, f"prediction {self.prediction:g}" if self.prediction else ""]
        return ", ".join(part for part in parts if part)


def vote(table: VoteTable, weights: np.ndarray, prediction: float = 0.0) -> np.ndarray:
    """Weighted vote of the candidates and, with a weight of its own, the prediction: labels, shape (P,)."""
    votes, of_voters = table.votes, weights
    if prediction:
        votes = np.column_stack([votes, table.votes_of(PREDICTION)])
        of_voters = np.append(weights, prediction) / (1 + prediction)
    return weighted(table.voted(votes), Weights(of_voters)).labels


def confirmed(table: VoteTable, weights: np.ndarray) -> float:
    """How much of its weight the prediction keeps in ds_fuse, beside candidates with these weights."""
    votes = np.column_stack([table.votes, table.votes_of(PREDICTION)])
    dice, best, _ = compared(table.voted(votes), np.append(weights, 0), len(weights))
    return float(confirmed_by(dice, best)[0])


def vote_per_label(table: VoteTable, weights: np.ndarray) -> np.ndarray:
    """Weighted vote in which a candidate has a weight for each label that it can vote for: labels, shape (P,).

    Args:
        table: the votes.
        weights: shape (K, L), summing to one over the candidates.
    """
    shares = np.stack([(table.votes == label) @ weights[:, label] for label in range(table.n_labels)], axis=1)
    return decide(shares / shares.sum(axis=1, keepdims=True), table.voted(table.votes))


def weight_options(
    score: str,
    values: Mapping[str, float],
    weights: Sequence[tuple[str, float]] = WEIGHTS,
    predictions: Sequence[float] = PREDICTION_WEIGHTS,
) -> Iterator[Option]:
    """Options that weight the candidates by a score, with each kind of weights and each weight of the prediction."""
    for kind, temperature in weights:
        if kind == "power" and min(values.values()) < 0:
            continue
        kept: dict[int, float] = {}  # of each table: the same for every weight of the prediction, and slow to find
        for prediction in predictions:
            fuse = partial(
                _fuse_by_score, values=values, kind=kind, temperature=temperature, prediction=prediction, kept=kept
            )
            label = kind if kind == "paper" else f"{kind} {temperature:g}"
            yield Option(score, label, prediction, fuse)


def label_only_options() -> Iterator[Option]:
    """Rules that see nothing but the candidates."""
    rules: dict[str, Rule] = {
        "majority": majority,
        "STAPLE": staple,
        "STAPLE, disputed voxels": _DISPUTED,
        "STAPLE, multi-label": multilabel_staple,
        "SIMPLE": simple,
    }
    for name, rule in rules.items():
        yield Option(name, "", 0.0, partial(_fuse_by_rule, rule=rule))


def combinations(score: str, values: Mapping[str, float]) -> Iterator[Option]:
    """Rules that a score starts, on the better half by it, with the prediction as a candidate; a second round."""
    rules: dict[str, Rule] = {"STAPLE": staple, "SIMPLE": simple, "STAPLE, disputed voxels,": _DISPUTED}
    for name, rule in rules.items():
        if rule is not simple:
            yield Option(f"{name} started from {score}", "", 0.0, partial(_fuse_started, values=values, rule=rule))
        yield Option(f"{name} of the better half by {score}", "", 0.0, partial(_fuse_half, values=values, rule=rule))
        yield Option(f"{name} with the prediction", "", 0.0, partial(_fuse_with_prediction, rule=rule))
    for weight in (0.0, DEFAULT_PREDICTION):
        yield Option(f"second round after {score}", "softmax 2", weight, partial(_second_round, values, weight))


def per_label_options(score: str, values: Mapping[str, np.ndarray]) -> Iterator[Option]:
    """A weight for each candidate and label, from a score of each; the background gets the mean of the labels'.

    Args:
        score: its name.
        values: scores of each image's candidates, shape (K, C).
    """
    for temperature in (1.0, 2.0, 3.0):
        yield Option(score, f"softmax {temperature:g}", 0.0, partial(_fuse_per_label, values, temperature))


def predictions() -> Iterator[Option]:
    """The network's own label map as the consensus."""
    yield Option("PRED", "", 0.0, lambda table: Fused(table.votes_of(PREDICTION)))


def scores_of(table: VoteTable, values: Mapping[str, float]) -> np.ndarray:
    """Scores of a table's candidates, shape (K,)."""
    return np.array([values[case] for case in table.cases])


def _fuse_by_score(
    table: VoteTable,
    values: Mapping[str, float],
    kind: str,
    temperature: float,
    prediction: float,
    kept: dict[int, float],
) -> Fused:
    weights = weights_of(scores_of(table, values), kind, temperature)
    if prediction and id(table) not in kept:
        kept[id(table)] = confirmed(table, weights)
    return Fused(vote(table, weights, prediction and prediction * kept[id(table)]), effective_number(weights))


def _fuse_per_label(values: Mapping[str, np.ndarray], temperature: float, table: VoteTable) -> Fused:
    scores = values[table.image]
    columns = [scores.mean(axis=1), *scores.T]
    weights = np.stack([weights_of(column, "softmax", temperature) for column in columns], axis=1)
    return Fused(vote_per_label(table, weights))


def _fuse_by_rule(table: VoteTable, rule: Rule) -> Fused:
    return Fused(table.fuse(rule).labels)


def _fuse_started(table: VoteTable, values: Mapping[str, float], rule: Rule) -> Fused:
    return Fused(table.fuse(rule, weights_of(scores_of(table, values), *COMMON_WEIGHTS)).labels)


def _fuse_half(table: VoteTable, values: Mapping[str, float], rule: Rule) -> Fused:
    scores = scores_of(table, values)
    better = np.sort(np.argsort(-scores, kind="stable")[: (len(scores) + 1) // 2])
    return Fused(table.fuse(rule, kept=better).labels)


def _fuse_with_prediction(table: VoteTable, rule: Rule) -> Fused:
    votes = np.column_stack([table.votes, table.votes_of(PREDICTION)])
    return Fused(rule(table.voted(votes), None).labels)


def _second_round(values: Mapping[str, float], prediction: float, table: VoteTable) -> Fused:
    first = vote(table, weights_of(scores_of(table, values), *COMMON_WEIGHTS), prediction)
    weights = weights_of(table.dice_with(first), *COMMON_WEIGHTS)
    if prediction:
        prediction *= confirmed(table, weights)
    return Fused(vote(table, weights, prediction), effective_number(weights))
