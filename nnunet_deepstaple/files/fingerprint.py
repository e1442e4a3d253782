"""What tells a file from one that took its place: size, time of change and, where these do not decide, its content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError


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
        try:
            status = path.stat()
            return cls(status.st_size, status.st_mtime_ns, _sha256(path))
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror})") from error

    def is_of(self, path: Path) -> bool:
        """Whether a file has the same content; it is read only where size and time of change do not tell.

        Raises:
            InputError: it cannot be read.
        """
        try:
            status = path.stat()
            if status.st_size != self.size:
                return False
            return status.st_mtime_ns == self.changed or _sha256(path) == self.sha256
        except OSError as error:
            raise InputError(f"{path} cannot be read ({error.strerror})") from error

    @property
    def as_json(self) -> list[Any]:
        """As a record keeps it."""
        return [self.size, self.changed, self.sha256]

    @classmethod
    def from_json(cls, value: Any) -> "Fingerprint":
        """The fingerprint that a record keeps.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(value, list) or [type(part) for part in value] != [int, int, str]:
            raise ValueError("a fingerprint is [size, time of change, SHA-256]")
        return cls(*value)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
