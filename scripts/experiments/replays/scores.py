"""Every score that a visit log gives without its network: the data parameters' settings, agreement, cost."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.scoring.score import agreement
from nnunet_deepstaple.scoring.visit_log import VisitLog, first_late_epoch

Score = Callable[[VisitLog], np.ndarray]
"""From a log to one score per case, shape (N,), higher is more trusted."""

_PAPER = DataParameterSettings()


def data_parameter(settings: DataParameterSettings) -> Score:
    """θ as learned with ``settings``; ``warm_up`` counts epochs."""
    return lambda log: Replay.of(log, settings).data_parameters


def data_parameter_after(warm_up: float, settings: DataParameterSettings = _PAPER) -> Score:
    """θ learned from what comes after the first part ``warm_up`` of the epochs."""
    return lambda log: Replay.of(log, replace(settings, warm_up=round(warm_up * log.epochs))).data_parameters


def data_parameter_of_dice(warm_up: float, settings: DataParameterSettings = _PAPER) -> Score:
    """θ learned from 1 − Dice of each visit instead of its cross-entropy."""
    plain = replace(settings, fixed_weighting=False, risk_regularisation=False)

    def score(log: VisitLog) -> np.ndarray:
        visits = log.visits.copy()
        visits["cost"] = 1 - visit_dice(visits)
        return data_parameter_after(warm_up, plain)(replace(log, visits=visits))

    return score


def pooled_agreement(last_part: float) -> Score:
    """The package's agreement over the last part of the epochs."""
    return lambda log: agreement(log, last_part)[0]


def mean_over_visits(values: Callable[[np.ndarray], np.ndarray], last_part: float) -> Score:
    """Mean of a value of each visit over the last part of the epochs."""

    def score(log: VisitLog) -> np.ndarray:
        visits = log.visits[log.visits["epoch"] >= first_late_epoch(log.epochs, last_part)]
        number = len(log.cases)
        total = np.bincount(visits["case"], values(visits), number)
        with np.errstate(invalid="ignore"):
            return total / np.bincount(visits["case"], minlength=number)

    return score


def visit_dice(visits: np.ndarray) -> np.ndarray:
    """Hard Dice of each visit, mean over the classes that it shows, shape (V,); 1 where it shows none."""
    total = 2.0 * visits["tp"] + visits["fp"] + visits["fn"]
    shown = total > 0
    dice = np.divide(2.0 * visits["tp"], total, out=np.zeros(total.shape), where=shown)
    return np.where(shown.any(axis=1), dice.sum(axis=1) / np.maximum(shown.sum(axis=1), 1), 1.0)


SCORES: dict[str, Score] = {
    "θ as published": data_parameter(_PAPER),
    "θ, no fixed weighting": data_parameter(replace(_PAPER, fixed_weighting=False)),
    "θ, no risk regularisation": data_parameter(replace(_PAPER, risk_regularisation=False)),
    "θ, neither": data_parameter(replace(_PAPER, fixed_weighting=False, risk_regularisation=False)),
    "θ, running baseline": data_parameter(replace(_PAPER, baseline="running")),
    "θ, learning rate 0.03": data_parameter(replace(_PAPER, learning_rate=0.03)),
    "θ, learning rate 0.3": data_parameter(replace(_PAPER, learning_rate=0.3)),
    "θ, warm-up 20 %": data_parameter_after(0.2),
    "θ, warm-up 40 %": data_parameter_after(0.4),
    "θ, warm-up 40 %, running baseline": data_parameter_after(0.4, replace(_PAPER, baseline="running")),
    "θ of Dice cost": data_parameter_of_dice(0.0),
    "θ of Dice cost, warm-up 40 %, running baseline": data_parameter_of_dice(0.4, replace(_PAPER, baseline="running")),
    "−mean cost, last 40 %": mean_over_visits(lambda visits: -visits["cost"], 0.4),
    "mean Dice of visits, last 40 %": mean_over_visits(visit_dice, 0.4),
    "agreement, all": pooled_agreement(1.0),
    "agreement, last 60 %": pooled_agreement(0.6),
    "agreement": pooled_agreement(0.4),
    "agreement, last 20 %": pooled_agreement(0.2),
}
"""The scores of a sweep by name; ``agreement`` is the package's, over the last 40 %."""


def shortened(log: VisitLog, epochs: int) -> VisitLog:
    """The log as it was after its first ``epochs`` epochs."""
    return replace(log, visits=log.visits[log.visits["epoch"] < epochs])
