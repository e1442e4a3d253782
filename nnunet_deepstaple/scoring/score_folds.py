"""From the visit logs of one or more folds to one score table, with a record of how it was made."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from .. import __version__
from ..errors import InputError
from ..files.atomic import atomic_path, clear_temporaries, writing
from ..files.outputs import only_run_for
from ..files.provenance import FileRecord
from ..files.typed_json import to_json
from ..progress import Progress
from . import visit_log
from .rescoring import Rescoring
from .scores import FILE_NAME, Scores, merge_scores
from .scoring_record import FORMAT, LogRecord, ScoringRecord, read_scoring_record
from .visit_log import VisitLog, read_visit_log


@dataclass(frozen=True)
class ScoringSummary:
    """What was scored.

    Attributes:
        scores: the merged table.
        record: content of the file ``<name>.json`` beside the table: versions, options, each log with its hash and the
            settings of its replay, and notes.
        record_path: path of that file.
    """

    scores: Scores
    record: ScoringRecord
    record_path: Path


def score_folds(
    folds: Sequence[Path],
    output: Path,
    rescoring: Rescoring,
    say: Callable[[str], object],
    progress: Progress,
) -> ScoringSummary:
    """Replay the logs of ``folds``, merge their scores per case and write the table to ``output``.

    All input is read, and all scores are computed, before anything is written.

    Args:
        folds: fold folders, or the ``visits.gz`` in them.
        output: a .csv file; its record becomes the .json beside it.
        rescoring: the options.
        say: gets each sentence that a user should know; the record has these sentences as ``notes``.
        progress: shows how far the replay is.

    Raises:
        InputError: something is wrong with an option or a log, or ``output`` cannot be written or is not ours.
    """
    rescoring.check()
    record_path = _record_path(output)
    paths = find_logs(folds)
    with only_run_for(output):
        clear_temporaries(output.parent, {record_path.name})
        return _score(paths, output, record_path, rescoring, say, progress)


def _score(
    paths: Sequence[Path],
    output: Path,
    record_path: Path,
    rescoring: Rescoring,
    say: Callable[[str], object],
    progress: Progress,
) -> ScoringSummary:
    done: list[_Fold] = []
    for path in progress(paths, "Scoring", len(paths)):
        done.append(_score_fold(path, rescoring, like=done[0] if done else None))
    scores = merge_scores([fold.scores for fold in done])
    notes = [fold.note for fold in done if fold.note] + _without_score(scores)
    for note in notes:
        say(note)
    record = ScoringRecord(
        format=FORMAT,
        nnunet_deepstaple=__version__,
        numpy=np.__version__,
        options={name: value for name, value in asdict(rescoring).items() if value is not None},
        logs=[fold.record for fold in done],
        notes=notes,
    )
    with writing(output), atomic_path(output) as table, atomic_path(record_path) as beside:
        table.write_text(scores.as_csv(), encoding="utf-8", newline="")
        beside.write_text(json.dumps(to_json(record), indent=1) + "\n", encoding="utf-8")
    return ScoringSummary(scores, record, record_path)


def find_logs(folds: Sequence[Path]) -> list[Path]:
    """Visit log of each fold folder, or of each path that is one.

    Raises:
        InputError: a folder has none, or a log is named twice.
    """
    paths = [fold / visit_log.FILE_NAME if fold.is_dir() else fold for fold in folds]
    for fold, path in zip(folds, paths, strict=True):
        if not path.is_file():
            found = sorted(fold.glob(f"fold_*/{visit_log.FILE_NAME}"))
            instead = " ".join(str(log.parent) for log in found) or "the fold folder of a DeepSTAPLE training"
            raise InputError(f"{path} does not exist; give {instead} with -i")
    resolved = [path.resolve() for path in paths]
    for number, path in enumerate(resolved):
        if path in resolved[:number]:
            raise InputError(f"{paths[number]} is given twice; name each fold once")
    return paths


@dataclass(frozen=True)
class _Fold:
    """The result of one log; the log itself may be large and is not kept."""

    labels: list[str]
    scores: Scores
    record: LogRecord
    note: str


def _score_fold(path: Path, rescoring: Rescoring, like: _Fold | None) -> _Fold:
    log = read_visit_log(path)
    if not len(log.visits):
        raise InputError(f"{path} has no visits yet; they come with the end of the first epoch")
    if like is not None and log.labels != like.labels:
        raise InputError(
            f"{path} has the labels {', '.join(log.labels)}, {like.record.file} {', '.join(like.labels)}; "
            f"score trainings of different labels one by one"
        )
    try:
        settings = rescoring.settings(log)
        scores = rescoring.scores(log)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    file = FileRecord.of(path)
    return _Fold(
        labels=log.labels,
        scores=scores,
        record=LogRecord(file.file, file.sha256, log.epochs, len(log.visits), settings),
        note=_cut_off(path, log),
    )


def _cut_off(path: Path, log: VisitLog) -> str:
    if not log.lost_bytes:
        return ""
    return (
        f"{path} breaks off in the middle of a record; read up to its last whole one, the end of epoch "
        f"{log.epochs - 1}, without the {log.lost_bytes} bytes after it"
    )


def _record_path(output: Path) -> Path:
    """Where the record of ``output`` goes.

    Raises:
        InputError: ``output`` is not a name for a table, or the table or its record would replace a file that ds_score
            did not write.
    """
    if output.is_dir():
        raise InputError(f"-o {output} is a folder; name a file, such as {output / FILE_NAME}")
    if output.suffix != ".csv":
        raise InputError(f"-o {output} is not the name of a table; end it in .csv")
    if output.name == FILE_NAME and (output.parent / visit_log.FILE_NAME).exists():
        raise InputError(f"-o {output} is where the trainer writes its own scores; choose another file")
    record = output.with_suffix(".json")
    for path in (output, record):
        if path.exists() and not _is_record(record):
            raise InputError(f"{path} is there already and was not written by ds_score; choose another file with -o")
    return record


def _is_record(path: Path) -> bool:
    try:
        read_scoring_record(path)
    except InputError:
        return False
    return True


def _without_score(scores: Scores) -> list[str]:
    missing = [case for case, value in scores.column("agreement").items() if math.isnan(value)]
    if not missing:
        return []
    return [
        f"{len(missing)} of {len(scores.values)} cases were not visited in the epochs that count, such as "
        f"'{missing[0]}'; ds_fuse needs a score of every candidate"
    ]
