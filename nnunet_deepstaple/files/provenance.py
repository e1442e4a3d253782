"""What a result was made of, as the records beside it tell."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FileRecord:
    """A file that a result depends on.

    Attributes:
        file: absolute path.
        sha256: of its content.
    """

    file: str
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "FileRecord":
        """Record of a file as it is now."""
        return cls(str(path.absolute()), hashlib.sha256(path.read_bytes()).hexdigest())
