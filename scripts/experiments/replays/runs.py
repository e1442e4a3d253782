"""A finished scoring training: its logs, its predictions, and the vote tables of its images."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.fusion.rules.simple import simple
from nnunet_deepstaple.fusion.rules.staple import staple
from nnunet_deepstaple.scoring.score import agreement
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, VisitLog, read_visit_log

from ..common.training import FIRST_PASS
from .options import PREDICTION
from .scores import Score, shortened
from .vote_tables import VoteTable, read_vote_tables

TRAINING_PASS, SECOND_PASS = "training pass", "second pass"


@dataclass(frozen=True)
class Run:
    """One scoring training.

    Attributes:
        logs: its visit logs by pass.
        tables: of the images that it scored.
    """

    logs: Mapping[str, VisitLog]
    tables: Sequence[VoteTable]

    @property
    def images(self) -> list[str]:
        return [table.image for table in self.tables]

    @property
    def validation_images(self) -> set[str]:
        """Images that the network did not train on."""
        return {case.rpartition("__")[0] for log in self.logs.values() for case in log.val}

    def replay(self, score: Score, which: str, epochs: int | None = None) -> dict[str, float]:
        """A score of every case from the log of one pass, or from its first epochs.

        A case that was not visited gets the mean of its image's other candidates.
        """
        log = self.logs[which] if epochs is None else shortened(self.logs[which], epochs)
        found = dict(zip(log.cases, score(log).tolist(), strict=True))
        return by_case(self.tables, [_filled(np.array([found[case] for case in table.cases])) for table in self.tables])

    def class_agreement(self, which: str) -> dict[str, np.ndarray]:
        """Agreement of each image's candidates over the last 40 % of the epochs by label, shape (K, C); 0 if unseen."""
        log = self.logs[which]
        found = dict(zip(log.cases, np.nan_to_num(agreement(log)[1]), strict=True))
        return {table.image: np.array([found[case] for case in table.cases]) for table in self.tables}


def add_set_option(arguments: argparse.ArgumentParser) -> None:
    """Add ``-set``, which names sets of candidates; :func:`read_sets` reads them."""
    arguments.add_argument(
        "-set",
        nargs=4,
        action="append",
        required=True,
        metavar=("NAME", "CANDIDATES", "ORACLE", "FOLD_FOLDER"),
        help="a set of candidates, its true labels, and the fold that scoring_run left; may be given several times",
    )


def read_sets(given: argparse.Namespace) -> Iterator[tuple[str, Run]]:
    """The sets that ``-set`` names, read one after the other.

    Raises:
        InputError: as :func:`read_run`.
    """
    for name, candidates, oracle, folder in given.set:
        yield name, read_run(Path(folder), Path(candidates), Path(oracle))


def read_run(folder: Path, candidates: Path, truth: Path) -> Run:
    """Read a fold folder that ``scoring_run`` left.

    Raises:
        InputError: a log, a prediction, a candidate or a true label map is missing.
    """
    logs = {SECOND_PASS: read_visit_log(folder / FILE_NAME)}
    if (folder / FIRST_PASS / FILE_NAME).is_file():
        logs[TRAINING_PASS] = read_visit_log(folder / FIRST_PASS / FILE_NAME)
    return Run(logs, read_vote_tables([candidates], truth, {PREDICTION: folder / PREDICTIONS}))


def _filled(scores: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(scores), np.nanmean(scores), scores)


def by_case(tables: Sequence[VoteTable], values: Sequence[np.ndarray]) -> dict[str, float]:
    """One number for each case from one array for each image."""
    return {
        case: float(value)
        for table, array in zip(tables, values, strict=True)
        for case, value in zip(table.cases, array, strict=True)
    }


def unlogged_scores(tables: Sequence[VoteTable]) -> dict[str, dict[str, float]]:
    """Scores that need no log: agreement with the prediction, the rules' own estimates, and the true Dice."""
    sensitivity = [table.fuse(staple).quality["sensitivity"][:, 1:].mean(axis=1) for table in tables]
    return {
        "agreement with the final prediction": by_case(
            tables, [table.dice_with(table.votes_of(PREDICTION)) for table in tables]
        ),
        "STAPLE's sensitivity": by_case(tables, sensitivity),
        "SIMPLE's Dice": by_case(tables, [table.fuse(simple).quality["dice"] for table in tables]),
        "true Dice": by_case(tables, [table.true_dice() for table in tables]),
    }
