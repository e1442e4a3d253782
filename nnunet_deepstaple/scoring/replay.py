"""Learn the data parameters from visits, during the training or later from a log."""

import numpy as np

from .data_parameters import DataParameters, DataParameterSettings
from .visit_log import VisitLog


class Replay:
    """θ of all cases of a run, learned from its visits.

    Training cases and validation cases are two sets of parameters, each with its own optimiser. So scoring the
    validation cases does not change θ of the training cases, which stays as published.
    """

    def __init__(self, train: int, val: int, settings: DataParameterSettings) -> None:
        """Start with ``train`` + ``val`` cases, numbered in that order."""
        self._train = train
        self._settings = settings
        self._parameters = (DataParameters(train, settings), DataParameters(val, settings))

    @classmethod
    def of(cls, log: VisitLog, settings: DataParameterSettings | None = None) -> "Replay":
        """Replay a whole log, with the settings of the run unless other settings are given."""
        replay = cls(len(log.train), len(log.val), settings or log.settings)
        for visits in log.visits_by_epoch:  # all at once would take more memory
            replay.extend(visits)
        return replay

    @property
    def data_parameters(self) -> np.ndarray:
        """θ of each case, shape (N,), float64."""
        return np.concatenate([parameters.values for parameters in self._parameters])

    def sample_weights(self, visits: np.ndarray) -> np.ndarray:
        """Weights of the samples of one batch, by θ and the fixed weighting: shape (B,), their sum is 1."""
        theta = self.data_parameters[visits["case"]]
        weights = self._settings.fixed_weights(visits) * np.exp(-np.logaddexp(0, -theta))  # σ(θ) without overflow
        return weights / weights.sum()

    def extend(self, visits: np.ndarray) -> None:
        """Learn from further visits, whole batches in order of time; each batch has its own iteration."""
        visits = visits[(visits["voxels"] > 0) & (visits["epoch"] >= self._settings.warm_up)]
        validation = visits["case"] >= self._train
        self._learn(self._parameters[0], visits[~validation], first_case=0)
        self._learn(self._parameters[1], visits[validation], first_case=self._train)

    def _learn(self, parameters: DataParameters, visits: np.ndarray, first_case: int) -> None:
        if not len(visits):
            return
        starts = batch_starts(visits).tolist()
        cases = (visits["case"] - first_case).tolist()
        costs = self._settings.weighted_cost(visits).tolist()
        for start, end in zip(starts, [*starts[1:], len(cases)], strict=True):
            parameters.update(cases[start:end], costs[start:end])


def batch_starts(visits: np.ndarray) -> np.ndarray:
    """Index of the first visit of each batch; a batch has one epoch and one iteration."""
    iteration = visits["epoch"].astype(np.int64) << 16 | visits["iteration"]
    return np.flatnonzero(np.diff(iteration, prepend=-1))
