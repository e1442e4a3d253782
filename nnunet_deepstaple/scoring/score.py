"""From the visits to the score table, without a network and without a GPU."""

import numpy as np

from .scores import Scores
from .tally import LAST_PART, Tally
from .visit_log import VisitLog


def agreement(log: VisitLog, last_part: float = LAST_PART) -> tuple[np.ndarray, np.ndarray]:
    """Agreement of all cases of a log (see :meth:`.tally.Tally.agreement`), shapes (N,) and, per class, (N, C)."""
    return Tally.of(log, last_part).agreement()


def score(log: VisitLog, data_parameters: np.ndarray, tally: Tally | None = None) -> Scores:
    """All scores of all cases (contract: scores.csv).

    Args:
        log: the cases and labels, and the visits unless there is a tally of them.
        data_parameters: θ of each case, shape (N,), from :class:`.replay.Replay`.
        tally: the sums over the visits.

    Returns:
        One row per case. A case that was never visited has visits 0 and no scores.
    """
    tally = tally or Tally.of(log)
    visits = tally.visits
    mean_agreement, class_agreement = tally.agreement()
    with np.errstate(invalid="ignore"):
        columns = {
            "visits": visits,
            "data_parameter": np.where(visits > 0, data_parameters, np.nan),
            "agreement": mean_agreement,
            "mean_cost": tally.cost / visits,
            "foreground_voxels": tally.labelled / visits,
        }
    columns |= {f"agreement_{label}": dice for label, dice in zip(log.labels, class_agreement.T, strict=True)}
    scores = Scores(list(columns))
    for index, case in enumerate(log.cases):
        split = "train" if index < len(log.train) else "val"
        scores.add(case, split, {name: float(column[index]) for name, column in columns.items()})
    return scores
