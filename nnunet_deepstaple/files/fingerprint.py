"""What tells a file from one that took its place: size, time of change and, where these do not decide, its content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .unreadable import unreadable

FileState = tuple[int, int]
"""Size and time of the last change in nanoseconds."""


def file_state(path: Path) -> FileState:
    """State of a file now.

    Raises:
        InputError: it cannot be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns


@dataclass(frozen=True)
class Fingerprint:
    """A file as it was.

    Attributes:
        size: bytes.
        changed: time of the last change in nanoseconds.
        sha256: of the content.
    """

    size: int
    changed: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "Fingerprint":
        """Take the fingerprint of a file.

        Raises:
            InputError: it cannot be read.
        """
        return cls(*file_state(path), _sha256(path))

    def is_of(self, path: Path) -> bool:
        """Whether a file has the same content; it is read only where size and time of change do not tell.

        Raises:
            InputError: it cannot be read.
        """
        size, changed = file_state(path)
        return size == self.size and (changed == self.changed or _sha256(path) == self.sha256)

    @property
    def as_json(self) -> tuple[int, int, str]:
        """As a record keeps it."""
        return self.size, self.changed, self.sha256

    @classmethod
    def from_json(cls, value: Any) -> "Fingerprint":
        """The fingerprint that a record keeps.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list | tuple) or [type(part) for part in value] != [int, int, str]:
            raise ValueError("a fingerprint is [size, time of change, SHA-256]")
        return cls(*value)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise unreadable(path, error) from error
    return digest.hexdigest()
