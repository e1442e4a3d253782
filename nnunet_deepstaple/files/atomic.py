"""Files are written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it to ``path`` when the block ends without error.

    The temporary name keeps the file ending, which image writers choose the format by, and begins with a dot
    and the process id, so that it is never mistaken for a result.
    """
    temporary = path.with_name(f".{os.getpid()}.tmp.{_short(path.name)}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` and rename it to ``path`` when the block ends without error."""
    temporary = path.with_name(f".{os.getpid()}.tmp.{path.name}")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def writing(path: Path, remedy: str = "free some space or choose another folder") -> Iterator[None]:
    """Tell that ``path`` cannot be written when the block fails to.

    Args:
        path: what is written.
        remedy: what to do where neither the disk is full nor the system says why.

    Raises:
        InputError: the block raised an error of the system, or of a library or a check on what was written.
    """
    try:
        yield
    except (OSError, RuntimeError, ValueError, InputError) as error:
        if (isinstance(error, OSError) and error.errno == errno.ENOSPC) or _is_full(path.parent):
            reason, remedy = "the disk is full", "free some space"
        elif isinstance(error, OSError) and error.strerror:
            reason, remedy = error.strerror, "choose another folder"
        else:
            reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be written ({reason}); {remedy}") from error


def _is_full(folder: Path) -> bool:
    """Whether hardly anything could be written: libraries that fail to do not say why."""
    try:
        return shutil.disk_usage(folder).free < 1 << 20
    except OSError:
        return False


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode())


def clear_temporaries(folder: Path, names: Collection[str]) -> None:
    """Remove what killed processes left of files with these names in ``folder``."""
    shortened = {_short(name) for name in names}
    if folder.is_dir():
        for path in folder.iterdir():
            temporary = re.fullmatch(r"\.\d+\.tmp\.(.+)", path.name)
            if temporary is not None and temporary[1] in shortened:
                path.unlink(missing_ok=True)


def _short(name: str) -> str:
    """The end of a name, for which a temporary name has room however long the name is."""
    return name[-50:]
