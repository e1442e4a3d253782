"""Files are written whole or not at all."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it to ``path`` when the block ends without error.

    The temporary name keeps the file ending, which image writers choose the format by, and begins with a dot
    and the process id, so that it is never mistaken for a result.
    """
    temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode())


def clear_temporaries(folder: Path, names: Collection[str]) -> None:
    """Remove what killed processes left of files with these names in ``folder``."""
    if folder.is_dir():
        for path in folder.iterdir():
            temporary = re.fullmatch(r"\.\d+\.tmp\.(.+)", path.name)
            if temporary is not None and temporary[1] in names:
                path.unlink(missing_ok=True)
