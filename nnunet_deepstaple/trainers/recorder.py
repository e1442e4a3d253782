"""Collect the visits of an epoch while the network trains."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import distributed

from ..scoring.visit_log import record_type
from .statistics import VisitStatistics


class VisitRecorder:
    """Visits of the current epoch; statistics stay on the device until it ends, so that no step waits for them."""

    def __init__(self, cases: Sequence[str], classes: int) -> None:
        """Record visits of ``cases``, whose labels have ``classes`` foreground classes or regions."""
        self._number: Mapping[str, int] = {case: number for number, case in enumerate(cases)}
        self._type = record_type(classes)
        self._batches: list[tuple[Sequence[str], VisitStatistics]] = []
        self._epoch = self._iteration = 0

    def add(self, keys: Sequence[str], statistics: VisitStatistics) -> None:
        """Add one batch with the case of each sample."""
        self._batches.append((keys, statistics))

    def collect(self, epoch: int) -> np.ndarray:
        """Return the visits since the last call; all ranks of a distributed training return the same visits.

        The batches of all ranks at the same iteration are one batch. Iterations count from the first of the epoch.
        """
        if epoch != self._epoch:
            self._epoch, self._iteration = epoch, 0
        visits = self._records(epoch)
        self._iteration += len(self._batches)
        self._batches = []
        if distributed.is_available() and distributed.is_initialized():
            gathered: list[np.ndarray] = [visits] * distributed.get_world_size()
            distributed.all_gather_object(gathered, visits)
            visits = np.concatenate(gathered)
            visits = visits[np.argsort(visits["iteration"], kind="stable")]
        return visits

    def _records(self, epoch: int) -> np.ndarray:
        visits = np.zeros(sum(len(keys) for keys, _ in self._batches), self._type)
        if not len(visits):
            return visits
        visits["epoch"] = epoch
        visits["iteration"] = [
            iteration for iteration, (keys, _) in enumerate(self._batches, self._iteration) for _ in keys
        ]
        visits["case"] = [self._number[key] for keys, _ in self._batches for key in keys]
        visits["cost"] = torch.cat([statistics.cost for _, statistics in self._batches]).cpu().numpy()
        counts = torch.cat([statistics.counts for _, statistics in self._batches]).cpu().numpy()
        visits["voxels"], visits["labelled"], visits["predicted"] = counts[:, :3].T
        visits["tp"], visits["fp"], visits["fn"] = np.split(counts[:, 3:], 3, axis=1)
        return visits
