"""Where the scores of a fusion come from, when the user does not say."""

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..candidates import Candidate, Candidates
from ..errors import InputError
from ..scores import Scores, merge_scores, read_scores

FILE = "scores.csv"
TRAINER = "nnUNetTrainerDeepSTAPLE"


@dataclass(frozen=True)
class ScoreFile:
    """A score file and the SHA-256 of its content."""

    path: Path
    sha256: str


def find_score_files(folders: Sequence[Path]) -> list[Path]:
    """Score files that belong to folders of candidates.

    First ``scores.csv`` in the folders; else, for the ``labelsTr`` of an nnU-Net raw dataset, those of the folds of
    that dataset's training.

    Raises:
        InputError: several trainings (trainer, plans, configuration) of the dataset have scores.
    """
    beside = [folder / FILE for folder in folders if (folder / FILE).is_file()]
    return beside or [path for folder in folders for path in _of_training(folder.resolve())]


def read_score_files(paths: Sequence[Path]) -> tuple[Scores, list[ScoreFile]]:
    """Read score files and merge them per case.

    Raises:
        InputError: a file cannot be read.
    """
    tables = [read_scores(path) for path in paths]
    files = [ScoreFile(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]
    return tables[0] if len(tables) == 1 else merge_scores(tables), files


def image_scores(candidates: Sequence[Candidate], column: dict[str, float]) -> np.ndarray:
    """Scores of one image's candidates, shape (K,).

    Raises:
        InputError: a candidate has no score, or one that is not finite.
    """
    for candidate in candidates:
        score = column.get(candidate.case, math.nan)
        if not math.isfinite(score):
            problem = f"the score {score}" if math.isinf(score) else "no score"
            raise InputError(
                f"case '{candidate.case}' ({candidate.path}) has {problem}; "
                f"score every case, leave its file out, or choose a -rule that needs no scores"
            )
    return np.array([column[candidate.case] for candidate in candidates])


def unused_scores(candidates: Candidates, scores: Scores) -> int:
    """Number of scored cases that are no candidate."""
    cases = {candidate.case for named in candidates.values() for candidate in named}
    return sum(case not in cases for case in scores.values)


def _of_training(folder: Path) -> list[Path]:
    results = os.environ.get("nnUNet_results")
    if folder.name != "labelsTr" or not results:
        return []
    paths = sorted((Path(results) / folder.parent.name).glob(f"{TRAINER}*__*__*/fold_*/{FILE}"))
    trainings = sorted({path.parent.parent for path in paths})
    if len(trainings) > 1:
        raise InputError(
            f"{folder.parent.name} has scores of several trainings; choose with -s: "
            + ", ".join(f"{training}/fold_*/{FILE}" for training in trainings)
        )
    return paths
