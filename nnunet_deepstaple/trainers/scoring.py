"""From the visit log to the score table: no network, no GPU."""

from dataclasses import replace

import numpy as np

from ..scores import Scores
from .visit_log import VisitLog

LAST_PART = 0.4
"""Agreement counts the visits of this last part of the epochs so far."""


def latest(log: VisitLog, part: float) -> VisitLog:
    """The log with the visits of only the last ``part`` of its epochs, of one epoch at least."""
    first = min(int((1 - part) * log.epochs + 1e-9), log.epochs - 1)
    return replace(log, visits=log.visits[log.visits["epoch"] >= first])


def agreement(log: VisitLog, last_part: float = LAST_PART) -> tuple[np.ndarray, np.ndarray]:
    """Pooled hard Dice of the network with each case's candidate over the last part of the epochs so far.

    Args:
        log: the visits.
        last_part: share of the epochs that counts, the last ones.

    Returns:
        The mean over the classes that the candidate or the network shows, shape (N,), and each class,
        shape (N, C). A case without visits in that part is NaN; so is a class that neither shows. Where neither
        shows any class at all they agree: 1.
    """
    visits = latest(log, last_part).visits
    tp, fp, fn = (_pool(visits["case"], visits[name], len(log.cases)) for name in ("tp", "fp", "fn"))
    with np.errstate(invalid="ignore"):
        dice = 2 * tp / (2 * tp + fp + fn)
    shown = ~np.isnan(dice)
    mean = np.where(shown, dice, 0).sum(1) / np.maximum(shown.sum(1), 1)
    mean[~shown.any(1)] = 1
    mean[np.bincount(visits["case"], minlength=len(log.cases)) == 0] = np.nan
    return mean, dice


def score(log: VisitLog, data_parameters: np.ndarray, last_part: float = LAST_PART) -> Scores:
    """All scores of all cases (contract: scores.csv).

    Args:
        log: the visits.
        data_parameters: θ of each case, shape (N,), from :class:`.replay.Replay`.
        last_part: share of the epochs that the agreement counts, the last ones.

    Returns:
        One row per case. A case that was never visited has visits 0 and no scores.
    """
    visited = log.visits["case"]
    visits = np.bincount(visited, minlength=len(log.cases))
    mean_agreement, class_agreement = agreement(log, last_part)
    with np.errstate(invalid="ignore"):
        columns = {
            "visits": visits,
            "data_parameter": np.where(visits > 0, data_parameters, np.nan),
            "agreement": mean_agreement,
            "mean_cost": np.bincount(visited, log.visits["cost"], len(log.cases)) / visits,
            "foreground_voxels": np.bincount(visited, log.visits["labelled"], len(log.cases)) / visits,
        }
    columns |= {f"agreement_{label}": dice for label, dice in zip(log.labels, class_agreement.T, strict=True)}
    scores = Scores(list(columns))
    for index, case in enumerate(log.cases):
        split = "train" if index < len(log.train) else "val"
        scores.add(case, split, {name: float(column[index]) for name, column in columns.items()})
    return scores


def _pool(cases: np.ndarray, counts: np.ndarray, number: int) -> np.ndarray:
    """Sum counts, shape (V, C), over the visits of each case: shape (N, C)."""
    pooled = [np.bincount(cases, column, number) for column in counts.T]
    return np.stack(pooled, 1) if pooled else np.zeros((number, 0))
