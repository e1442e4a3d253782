"""Sum the visits of each case, epoch by epoch; memory does not grow with the number of batches."""

from collections import deque
from typing import TypeAlias

import numpy as np

from .visit_log import VisitLog, first_late_epoch

LAST_PART = 0.4
"""Agreement counts the visits of this last part of the epochs so far."""

_Late: TypeAlias = tuple[int, np.ndarray, np.ndarray]


class Tally:
    """Sums over the visits of N cases with C classes.

    Attributes:
        visits: number of visits, shape (N,).
        cost: sum of their costs, shape (N,).
        labelled: sum of their labelled foreground voxels, shape (N,).
    """

    def __init__(self, cases: int, classes: int, last_part: float = LAST_PART) -> None:
        """Begin with no visits; the agreement counts only the last epochs, and ``last_part`` is their share."""
        self.visits = np.zeros(cases, np.int64)
        self.cost = np.zeros(cases)
        self.labelled = np.zeros(cases)
        self._last_part = last_part
        self._late: deque[_Late] = deque()  # each late epoch's number, its visits, and its TP, FP and FN
        self._late_visits = np.zeros(cases, np.int64)
        self._late_counts = np.zeros((3, cases, classes), np.int64)

    @classmethod
    def of(cls, log: VisitLog, last_part: float = LAST_PART) -> "Tally":
        """Tally of a whole log."""
        tally = cls(len(log.cases), len(log.labels), last_part)
        for visits in log.visits_by_epoch:
            tally.add(visits)
        return tally

    def add(self, visits: np.ndarray) -> None:
        """Add the visits of the next epoch, of :func:`.visit_log.record_type`."""
        if not len(visits):
            return
        case, number = visits["case"], len(self.visits)
        count = np.bincount(case, minlength=number)
        self.visits += count
        self.cost += np.bincount(case, visits["cost"], number)
        self.labelled += np.bincount(case, visits["labelled"], number)
        counts = np.zeros_like(self._late_counts)
        for row, name in enumerate(("tp", "fp", "fn")):
            for column, voxels in enumerate(visits[name].T):
                counts[row, :, column] = np.bincount(case, voxels, number)
        epoch = int(visits["epoch"][0])
        self._late.append((epoch, count, counts))
        self._late_visits += count
        self._late_counts += counts
        while self._late[0][0] < first_late_epoch(epoch + 1, self._last_part):
            _, count, counts = self._late.popleft()
            self._late_visits -= count
            self._late_counts -= counts

    def agreement(self) -> tuple[np.ndarray, np.ndarray]:
        """Pooled hard Dice of the network with each case's candidate over the last part of the epochs so far.

        Returns:
            The mean over the classes that the candidate or the network shows, shape (N,), and the value of each class,
            shape (N, C). It is NaN for a case without visits in that part, and for a class that neither shows. If
            neither shows any class, they agree, and the mean is 1.
        """
        tp, fp, fn = self._late_counts
        with np.errstate(invalid="ignore"):
            dice = 2 * tp / (2 * tp + fp + fn)
        shown = ~np.isnan(dice)
        mean = np.where(shown, dice, 0).sum(1) / np.maximum(shown.sum(1), 1)
        mean[~shown.any(1)] = 1
        mean[self._late_visits == 0] = np.nan
        return mean, dice
