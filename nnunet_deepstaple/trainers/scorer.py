"""Score the cases of a training while it runs: visits in; log, scores.csv and a picture of the progress out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..scoring.replay import Replay
from ..scoring.score import score
from ..scoring.scores import FILE_NAME as SCORES_FILE
from ..scoring.tally import Tally
from ..scoring.visit_log import FILE_NAME, VisitLog, append_epoch, create_visit_log, resume_visit_log
from .progress import Progress
from .progress_picture import draw_progress
from .recorder import VisitRecorder
from .statistics import VisitStatistics

PICTURE_FILE = "deepstaple_progress.png"


class CaseScorer:
    """Everything that DeepSTAPLE keeps during a training, independent of nnU-Net.

    In a distributed training all ranks have the same visits, so they compute the same data parameters. Rank 0 writes.
    """

    def __init__(self, folder: Path, log: VisitLog, *, epoch: int, writes: bool, say: Callable[[str], None]) -> None:
        """Start the log of a training in ``folder``, or continue the log that is there.

        Args:
            folder: nnU-Net's fold folder.
            log: cases, labels and settings of the training; holds no visits.
            epoch: the next epoch; visits from this epoch on are removed from a log that is there.
            writes: whether this rank writes.
            say: prints one line.

        Raises:
            InputError: the training continues from a checkpoint whose log is missing, incomplete, or of other cases.
        """
        self._folder = folder
        self._writes = writes
        self._log = log
        self._recorder = VisitRecorder(log.cases, len(log.labels))
        self._replay = Replay(len(log.train), len(log.val), log.settings)
        self._tally = Tally(len(log.cases), len(log.labels))
        self._learned: list[np.ndarray] = []
        self._progress = Progress(log.cases)
        if epoch:
            found = resume_visit_log(folder / FILE_NAME, log, epoch, cut=writes)
            if found.lost_bytes:
                say(f"{FILE_NAME} was cut off in mid-write; its last {found.lost_bytes} bytes are left out")
            for visits in np.split(found.visits, np.searchsorted(found.visits["epoch"], range(1, epoch))):
                self._replay.extend(visits)
                self._keep(visits)
        elif writes:
            create_visit_log(folder / FILE_NAME, log)

    @property
    def series(self) -> Mapping[str, list[float]]:
        """Series over the epochs so far, one value per epoch (see :class:`.progress.Progress`)."""
        return self._progress.series

    def agreement(self) -> dict[str, float]:
        """Agreement of each case so far; NaN where it has none yet."""
        return dict(zip(self._log.cases, self._tally.agreement()[0].tolist(), strict=True))

    def add(self, keys: Sequence[str], statistics: VisitStatistics) -> None:
        """Add one batch of training cases, or of validation cases."""
        self._recorder.add(keys, statistics)

    def learn_now(self, epoch: int) -> np.ndarray:
        """Learn immediately from the batch that was just added, instead of at the end of the epoch.

        Returns:
            The weights of its samples before this step, shape (B,), their sum is 1.
        """
        visits = self._recorder.collect(epoch)
        weights = self._replay.sample_weights(visits)
        self._replay.extend(visits)
        self._learned.append(visits)
        return weights

    def end_epoch(self, epoch: int) -> None:
        """Log the visits of the epoch that ends, learn from them, and show the progress of the scores."""
        visits = self._recorder.collect(epoch)
        self._replay.extend(visits)
        visits = np.concatenate([*self._learned, visits])
        self._learned = []
        self._keep(visits)
        if self._writes:
            append_epoch(self._folder / FILE_NAME, visits)
            draw_progress(self._progress, self._folder / PICTURE_FILE)

    def write_scores(self) -> None:
        """Write scores.csv."""
        if self._writes:
            score(self._log, self._replay.data_parameters, self._tally).write(self._folder / SCORES_FILE)

    def _keep(self, visits: np.ndarray) -> None:
        self._tally.add(visits)
        theta = np.where(self._tally.visits > 0, self._replay.data_parameters, np.nan)
        self._progress.add(self._tally.agreement()[0], theta)
