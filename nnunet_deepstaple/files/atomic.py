"""Files are written whole or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError
from .owner import Owner, myself


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it to ``path`` when the block ends without error.

    The temporary name keeps the file ending, which image writers choose the format by, and begins with a dot
    and who writes it, so that it is never mistaken for a result, nor for what a killed process left.
    """
    temporary = hidden_beside(path)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path`` and rename it to ``path`` when the block ends without error."""
    temporary = hidden_beside(path)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def put_in_place(new: Path, target: Path) -> None:
    """Let the folder ``new`` take the place of ``target``, whether that is there or not.

    Where ``target`` is the current folder, which would be gone for those who are in it, its content is exchanged.
    """
    aside = hidden_beside(target)
    if target.is_dir() and target.samefile(Path.cwd()):
        aside.mkdir()
        for path in [*target.iterdir()]:
            path.rename(aside / path.name)
        for path in [*new.iterdir()]:
            path.rename(target / path.name)
        new.rmdir()
    else:
        if target.exists():
            target.rename(aside)
        new.rename(target)
    remove(aside)


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
        elif isinstance(error, InputError):  # which says itself what is wrong
            raise
        elif (
            isinstance(error, FileNotFoundError) and error.filename and path.parent.is_dir() and _is_input(error, path)
        ):
            raise InputError(f"{error.filename} is missing; put it back") from error
        elif isinstance(error, OSError) and error.strerror:
            reason, remedy = error.strerror, "choose another folder"
        else:
            reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path} cannot be written ({reason}); {remedy}") from error


def _is_input(error: FileNotFoundError, path: Path) -> bool:
    """Whether what is missing is not what was to be written."""
    return not Path(os.fsdecode(error.filename)).absolute().is_relative_to(path.parent.absolute())


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
    """Remove what killed processes left of files and folders with these names in ``folder``.

    What a process writes that is still alive, or that of another machine, stays.
    """
    shortened = {_short(name) for name in names}
    if folder.is_dir():
        for path in folder.iterdir():
            temporary = re.fullmatch(r"\.([^.]+)\.tmp\.(.+)", path.name)
            if temporary is None or temporary[2] not in shortened:
                continue
            owner = Owner.of_mark(temporary[1])
            if owner is not None and owner.is_gone:
                remove(path)


def remove(path: Path) -> None:
    """Remove a file or a folder with all that it holds, where it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def require_writable(folder: Path) -> None:
    """Make sure that files can be made in a folder, or it itself where it is not there yet, before any work is done.

    Raises:
        InputError: they cannot be.
    """
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        raise InputError(f"{folder} cannot be written ({there} is no folder); choose another folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{folder} cannot be written by you; change the permissions of {there}, or choose another")


def hidden_beside(path: Path) -> Path:
    """Where this process may write what is to take the place of ``path``; :func:`clear_temporaries` knows the name."""
    return path.with_name(f".{myself().mark}.tmp.{_short(path.name)}")


def _short(name: str) -> str:
    """The end of a name, for which a temporary name has room however long the name is."""
    return name[-50:]
