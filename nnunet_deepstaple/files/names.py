"""Names that come from files and become names of files."""

import unicodedata
from pathlib import Path
from typing import Any


def is_plain(name: Any) -> bool:
    """Whether ``name`` names a file or folder in the folder where it is looked for or written, and nowhere else."""
    return (
        isinstance(name, str)
        and name not in ("", ".", "..")
        and not set(name) & {"/", "\\"}
        and Path(name).name == name
        and not any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    )
