"""What is known of each step, in ``steps/<name>.json``; its output lies beside it as ``<name>.log``."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from ..files.atomic import write_text, writing
from ..files.typed_json import read_record_of_format, to_json
from .contents import Content

FORMAT = 1
FOLDER = "steps"
BEGUN, FINISHED, OUTDATED = "begun", "finished", "outdated"


@dataclass(frozen=True)
class Record:
    """What is known of a step.

    Attributes:
        command: program and arguments, without those that do not change the result.
        state: ``begun``, ``finished``, or ``outdated`` if a step before it ran again.
        files: what its inputs held when it began.
        ended: when it had finished, in seconds since 1970; 0 before.
        seconds: what its last run took.
        format: number of this form of the record.
    """

    command: list[str]
    state: str
    files: dict[str, Content] = field(default_factory=dict)
    ended: float = 0.0
    seconds: float = 0.0
    format: int = FORMAT


def log_file(folder: Path, name: str) -> Path:
    """Where the output of a step lies."""
    return folder / FOLDER / f"{name}.log"


def write_record(folder: Path, name: str, record: Record) -> None:
    """Write the record of a step, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    path = _path(folder, name)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(to_json(record), indent=1) + "\n")


def read_record(folder: Path, name: str) -> Record | None:
    """Record of a step; None if it never began.

    Raises:
        InputError: the file is no such record, or one of a later format.
    """
    path = _path(folder, name)
    if not path.is_file():
        return None
    return read_record_of_format(Record, path, FORMAT, "remove it, and the step runs again")


def _path(folder: Path, name: str) -> Path:
    return folder / FOLDER / f"{name}.json"
