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
        and is_one_line(name)
    )


def is_one_line(text: str) -> bool:
    """Whether a text has no control character, no end of a line, and nothing that UTF-8 cannot write."""
    return text.isprintable() or not any(unicodedata.category(character) in _REFUSED for character in text)


_REFUSED = ("Cc", "Cs", "Zl", "Zp")
"""Categories of Unicode; spaces of any width and marks of direction, which names do have, are none of them."""
