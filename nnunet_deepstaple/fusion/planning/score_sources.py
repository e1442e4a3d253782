"""Find the scores of candidates, and read them."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ...datasets.candidates import Candidates
from ...datasets.case_ids import comparable
from ...datasets.listing import LABELS_FOLDER
from ...datasets.nnunet_folders import nnunet_folder
from ...errors import InputError
from ...files.links import is_there
from ...scoring.scores import FILE_NAME, Scores, merge_scores, read_scores, require_any

TRAINER = "nnUNetTrainerDeepSTAPLE"


def find_score_files(folders: Sequence[Path]) -> list[Path]:
    """Score files that belong to folders of candidates.

    These are the ``scores.csv`` in the folders. If there are none, and a folder is the ``labelsTr`` of an nnU-Net raw
    dataset, they are the scores of the folds of that dataset's training.

    Raises:
        InputError: several trainings (trainer, plans, configuration) of the dataset have scores, or a file is a broken
            link.
    """
    in_folders = [folder / FILE_NAME for folder in folders if is_there(folder / FILE_NAME)]
    return in_folders or [path for folder in folders for path in _of_training(folder.resolve())]


def _of_training(folder: Path) -> list[Path]:
    try:
        results = nnunet_folder("nnUNet_results")
    except InputError:
        return []
    if folder.name != LABELS_FOLDER:
        return []
    paths = sorted((results / folder.parent.name).glob(f"{TRAINER}*__*__*/fold_*/{FILE_NAME}"))
    trainings = sorted({path.parent.parent for path in paths})
    if len(trainings) > 1:
        raise InputError(
            f"{folder.parent.name} has scores of several trainings; choose with -s: "
            + ", ".join(f"{training}/fold_*/{FILE_NAME}" for training in trainings)
        )
    return paths


def read_scores_of(candidates: Candidates, paths: Sequence[Path], say: Callable[[str], object] = str) -> Scores:
    """As :func:`read_score_files`; ``say`` also gets a sentence about candidates without a score.

    Raises:
        InputError: one of them cannot be read, or scores none of the candidates.
    """
    cases = [candidate.case for found in candidates.values() for candidate in found]
    tables = [read_scores(path, say) for path in paths]
    for path, table in zip(paths, tables, strict=True):
        require_any(path, table, cases)
    scores = merge_scores(tables)
    scored = {comparable(case) for case, row in scores.values.items() if _has_score(row)}
    missing = [case for case in cases if comparable(case) not in scored]
    if missing:
        say(f"{len(missing)} of {len(cases)} candidates have no score, such as '{missing[0]}'")
    return scores


def _has_score(row: Mapping[str, float]) -> bool:
    return any(math.isfinite(value) for name, value in row.items() if name != "visits")


def read_score_files(paths: Sequence[Path], say: Callable[[str], object] = str) -> Scores:
    """Read score tables and merge several of them per case; ``say`` gets a sentence for each guess.

    Raises:
        InputError: one of them cannot be read.
    """
    return merge_scores([read_scores(path, say) for path in paths])
