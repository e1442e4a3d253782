"""What a result was made of, as the records beside it tell."""

import hashlib
from pathlib import Path


def file_with_hash(path: Path) -> dict[str, str]:
    """Absolute path of a file and the SHA-256 of its content."""
    return {"file": str(path.absolute()), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
