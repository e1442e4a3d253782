"""What is known of each step, in ``steps/<name>.json``; its output lies beside it as ``<name>.log``."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.atomic import write_text, writing
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
    """

    command: list[str]
    state: str
    files: dict[str, Content] = field(default_factory=dict)
    ended: float = 0.0
    seconds: float = 0.0


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
        write_text(path, json.dumps({"format": FORMAT, **asdict(record)}, indent=1) + "\n")


def read_record(folder: Path, name: str) -> Record | None:
    """Record of a step; None if it never began.

    Raises:
        InputError: the file is no such record, or one of a later format.
    """
    path = _path(folder, name)
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content.pop("format") != FORMAT:
            raise InputError(f"{path} is of another format than {FORMAT}; update this package, or choose another -o")
        content["files"] = {file: Content(**values) for file, values in content["files"].items()}
        return Record(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no record of a step; remove it, and the step runs again") from error


def _path(folder: Path, name: str) -> Path:
    return folder / FOLDER / f"{name}.json"
