"""From the visit logs of one or more folds to one score table, with a record of how it was made."""

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..atomic import atomic_path, writing
from ..errors import InputError
from ..provenance import file_with_hash
from ..scores import FILE_NAME, Scores, merge_scores
from . import visit_log
from .rescoring import Rescoring
from .visit_log import VisitLog, read_visit_log

Progress = Callable[[Sequence[Path], str], Iterable[Path]]


@dataclass(frozen=True)
class Summary:
    """What was scored.

    Attributes:
        scores: the merged table.
        record: what lies beside it as ``<name>.json``: versions, options, each log with its hash and the settings
            it was replayed with, and notes.
        record_path: where.
    """

    scores: Scores
    record: dict[str, Any]
    record_path: Path


def score_folds(
    folds: Sequence[Path],
    output: Path,
    rescoring: Rescoring,
    say: Callable[[str], object],
    progress: Progress,
) -> Summary:
    """Replay the logs of ``folds``, merge their scores per case and write the table to ``output``.

    Everything is read and computed before anything is written.

    Args:
        folds: fold folders, or the ``visits.gz`` in them.
        output: a .csv file; its record becomes the .json beside it.
        rescoring: the options.
        say: takes a sentence about each thing a user should know; the record has them as ``notes``.
        progress: shows how far the replay is.

    Raises:
        InputError: something is wrong with an option or a log, or ``output`` cannot be written or is not ours.
    """
    rescoring.check()
    record_path = _record_path(output)
    paths = find_logs(folds)
    tables: list[Scores] = []
    logs: list[dict[str, Any]] = []
    notes: list[str] = []
    labels: list[str] = []
    for path in progress(paths, "Scoring"):
        log = _read(path, labels)
        labels = log.labels
        try:
            tables.append(rescoring.scores(log))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error
        settings = asdict(rescoring.settings(log))
        logs.append({**file_with_hash(path), "epochs": log.epochs, "visits": len(log.visits), "settings": settings})
        if log.lost_bytes:
            notes.append(
                f"{path} breaks off in the middle of a record; read up to its last whole one, the end of epoch "
                f"{log.epochs - 1}, without the {log.lost_bytes} bytes after it"
            )
    scores = tables[0] if len(tables) == 1 else merge_scores(tables)
    notes += _without_score(scores)
    for note in notes:
        say(note)
    options = {name: value for name, value in asdict(rescoring).items() if value is not None}
    versions = {"nnunet_deepstaple": __version__, "numpy": np.__version__}
    record = {**versions, "options": options, "logs": logs, "notes": notes}
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(output) as table, atomic_path(record_path) as beside:
            scores.write(table)
            beside.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return Summary(scores, record, record_path)


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


def _read(path: Path, labels: Sequence[str]) -> VisitLog:
    log = read_visit_log(path)
    if not len(log.visits):
        raise InputError(f"{path} has no visits yet; they come with the end of the first epoch")
    if labels and log.labels != list(labels):
        raise InputError(
            f"{path} has the labels {', '.join(log.labels)}, the log before it {', '.join(labels)}; "
            f"score trainings of different labels one by one"
        )
    return log


def _record_path(output: Path) -> Path:
    """Where the record of ``output`` goes.

    Raises:
        InputError: ``output`` is no name for a table, or would replace one that ds_score did not write.
    """
    if output.is_dir():
        raise InputError(f"-o {output} is a folder; name a file, such as {output / FILE_NAME}")
    if output.suffix != ".csv":
        raise InputError(f"-o {output} is no name of a table; end it in .csv")
    if output.name == FILE_NAME and (output.parent / visit_log.FILE_NAME).exists():
        raise InputError(f"-o {output} is where the trainer writes its own scores; choose another file")
    record = output.with_suffix(".json")
    for path in (output, record):
        if path.exists() and not _is_record(record):
            raise InputError(f"{path} is there already and was not written by ds_score; choose another file with -o")
    return record


def _is_record(path: Path) -> bool:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(record, dict) and {"nnunet_deepstaple", "options", "logs"} <= record.keys()


def _without_score(scores: Scores) -> list[str]:
    missing = [case for case, value in scores.column("agreement").items() if math.isnan(value)]
    if not missing:
        return []
    return [
        f"{len(missing)} of {len(scores.values)} cases were not visited in the epochs that count, such as "
        f"'{missing[0]}'; ds_fuse needs a score of every candidate"
    ]
