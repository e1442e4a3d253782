"""Visits for tests."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, VisitLog, append_epoch, create_visit_log, record_type

TRAIN = ["a__1", "a__2", "b__1", "b__2"]
VAL = ["c__1", "c__2"]
LABELS = ["anterior", "posterior"]


def epoch_of_visits(epoch: int, *, iterations: int = 6, batch: int = 2) -> np.ndarray:
    """Random visits of one epoch: training batches, then validation batches."""
    rng = np.random.default_rng(epoch)
    parts = []
    for first, last, count in ((0, len(TRAIN), iterations), (len(TRAIN), len(TRAIN) + len(VAL), iterations // 2)):
        visits = np.zeros(count * batch, record_type(len(LABELS)))
        visits["epoch"] = epoch
        visits["iteration"] = np.repeat(np.arange(count), batch)
        visits["case"] = rng.integers(first, last, size=len(visits))
        visits["cost"] = rng.random(len(visits))
        visits["voxels"] = 1000
        for name in ("labelled", "predicted", "tp", "fp", "fn"):
            visits[name] = rng.integers(0, 300, size=visits[name].shape)
        parts.append(visits)
    return np.concatenate(parts)


def visit_log(epochs: int = 5) -> VisitLog:
    """Log of a few random epochs."""
    log = VisitLog.empty(TRAIN, VAL, LABELS, DataParameterSettings())
    log.visits = np.concatenate([epoch_of_visits(epoch) for epoch in range(epochs)])
    return log


def write_log(folder: Path, log: VisitLog) -> Path:
    """Write a log epoch by epoch into a fold folder, as a training does; gives the folder."""
    folder.mkdir(parents=True)
    create_visit_log(folder / FILE_NAME, log)
    for epoch in range(log.epochs):
        append_epoch(folder / FILE_NAME, log.visits[log.visits["epoch"] == epoch])
    return folder
