"""What the inputs of a step hold, so that a change is seen: size, time and SHA-256 of each file."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files.unreadable import unreadable
from ..progress import Progress


@dataclass(frozen=True)
class Content:
    """What a file holds.

    Attributes:
        size: in bytes.
        modified: time of its last change, in nanoseconds.
        sha256: hash of its bytes.
    """

    size: int
    modified: int
    sha256: str


Contents = Mapping[str, Content]
"""What each file holds, by its absolute path."""


def read_contents(inputs: Sequence[Path], known: Contents, progress: Progress) -> dict[str, Content]:
    """Tell what the inputs hold.

    A file whose size and time are those of ``known`` is not read again, so that looking is cheap and a touched or
    copied file is still the same.

    Args:
        inputs: files, and folders of which the files directly in them count; hidden files do not.
        known: what was found before.
        progress: shows how far the reading is.

    Raises:
        InputError: a file cannot be read.
    """
    contents: dict[str, Content] = {}
    unread: list[Path] = []
    for path in _files(inputs):
        try:
            status = path.stat()
        except OSError as error:
            raise unreadable(path, error) from error
        earlier = known.get(str(path))
        if earlier and (earlier.size, earlier.modified) == (status.st_size, status.st_mtime_ns):
            contents[str(path)] = earlier
        else:
            unread.append(path)
    for path in progress(unread, "Reading", len(unread)):
        contents[str(path)] = _read(path)
    return contents


def first_difference(one: Contents, other: Contents) -> str | None:
    """Path of the first file whose bytes differ, or that is in one of the two only; None if there is none."""
    hashes, others = ({path: file.sha256 for path, file in contents.items()} for contents in (one, other))
    return next((path for path in sorted({*hashes, *others}) if hashes.get(path) != others.get(path)), None)


def _files(inputs: Sequence[Path]) -> Iterable[Path]:
    for path in inputs:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        else:
            yield path


def _read(path: Path) -> Content:
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return Content(status.st_size, status.st_mtime_ns, digest.hexdigest())
