"""Scoring the cases of a training as it goes: visits in, log and scores.csv out."""

from collections.abc import Sequence
from pathlib import Path

from .recorder import VisitRecorder
from .replay import Replay
from .scoring import score
from .statistics import VisitStatistics
from .visit_log import FILE_NAME, VisitLog, append_epoch, create_visit_log, read_visit_log, resume_visit_log

SCORES_FILE = "scores.csv"


class CaseScorer:
    """Everything DeepSTAPLE keeps during a training, apart from nnU-Net.

    On every rank of a distributed training the same visits give the same data parameters; rank 0 writes.
    """

    def __init__(self, folder: Path, log: VisitLog, *, epoch: int, writes: bool) -> None:
        """Start the log of a training in ``folder``, or go on with the one that is there.

        Args:
            folder: nnU-Net's fold folder.
            log: cases, labels and settings of the training; holds no visits.
            epoch: the epoch that comes next; a log that is there is cut back to the visits before it.
            writes: whether this rank writes.

        Raises:
            InputError: the training goes on from a checkpoint whose log is missing, cut off, or of other cases.
        """
        self._folder = folder
        self._writes = writes
        self._recorder = VisitRecorder(log.cases, len(log.labels))
        self._replay = Replay(len(log.train), len(log.val), log.settings)
        if epoch:
            self._replay.extend(resume_visit_log(folder / FILE_NAME, log, epoch, cut=writes).visits)
        elif writes:
            create_visit_log(folder / FILE_NAME, log)

    def add(self, keys: Sequence[str], statistics: VisitStatistics) -> None:
        """Add one batch of training cases, or of validation cases."""
        self._recorder.add(keys, statistics)

    def end_epoch(self, epoch: int) -> None:
        """Log the visits of the epoch that ends and learn from them."""
        visits = self._recorder.collect(epoch)
        self._replay.extend(visits)
        if self._writes:
            append_epoch(self._folder / FILE_NAME, visits)

    def write_scores(self) -> None:
        """Write scores.csv."""
        if self._writes:
            log = read_visit_log(self._folder / FILE_NAME)
            score(log, self._replay.data_parameters).write(self._folder / SCORES_FILE)
