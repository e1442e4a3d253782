"""Learning the data parameters from visits, as the training goes or from a log afterwards."""

import numpy as np

from .data_parameters import DataParameters, DataParameterSettings
from .visit_log import VisitLog


class Replay:
    """θ of all cases of a run, fed with its visits.

    Training and validation cases are two sets of parameters with an optimiser each: scoring the validation cases
    leaves θ of the training cases as published.
    """

    def __init__(self, train: int, val: int, settings: DataParameterSettings) -> None:
        """Start with ``train`` + ``val`` cases, numbered in that order."""
        self._train = train
        self._settings = settings
        self._parameters = (DataParameters(train, settings), DataParameters(val, settings))

    @classmethod
    def of(cls, log: VisitLog, settings: DataParameterSettings | None = None) -> "Replay":
        """Replay a whole log, with the run's own settings unless others are given."""
        replay = cls(len(log.train), len(log.val), settings or log.settings)
        for visits in np.split(log.visits, np.flatnonzero(np.diff(log.visits["epoch"])) + 1):  # spares memory
            replay.extend(visits)
        return replay

    @property
    def data_parameters(self) -> np.ndarray:
        """θ of each case, shape (N,), float64."""
        return np.concatenate([parameters.values for parameters in self._parameters])

    def sample_weights(self, visits: np.ndarray) -> np.ndarray:
        """Weights that θ and the fixed weighting give the samples of one batch: shape (B,), their sum is 1."""
        theta = self.data_parameters[visits["case"]]
        weights = self._settings.fixed_weights(visits) * np.exp(-np.logaddexp(0, -theta))  # σ(θ) without overflow
        return weights / weights.sum()

    def extend(self, visits: np.ndarray) -> None:
        """Learn from further visits, whole batches in order of time; batches are told apart by their iteration."""
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
    """Index of the first visit of each batch; batches are told apart by their epoch and iteration."""
    iteration = visits["epoch"].astype(np.int64) << 16 | visits["iteration"]
    return np.flatnonzero(np.diff(iteration, prepend=-1))
