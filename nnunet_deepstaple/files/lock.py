"""One run, one folder: a second run into the same place is refused while the first one is at work.

A lock is a small file that names its holder. It is made by a hard link, which no file system shared by machines makes
twice; where there are no hard links, by exclusive creation. A process that was killed leaves its lock, and the next run
of the same machine takes it over.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from .atomic import clear_temporaries, writing
from .owner import Owner, myself


@contextmanager
def locked(lock: Path, what: Path) -> Iterator[None]:
    """Hold the file ``lock`` while the block runs.

    Args:
        lock: the file; its folder is there.
        what: what only one run may write at a time.

    Raises:
        InputError: another run holds it, or it cannot be made.
    """
    _take(lock, what)
    try:
        yield
    finally:
        if _holder(lock) == myself():
            lock.unlink(missing_ok=True)


def require_free(lock: Path, what: Path) -> None:
    """Make sure that nobody holds the file ``lock``.

    Raises:
        InputError: a run holds it that has not certainly ended.
    """
    holder, said = _holder(lock), _read(lock)
    if holder is None or holder.is_gone:
        return
    host, since = said.get("host", "another machine"), said.get("since", "some time")
    remedy = "wait for it, or choose another place"
    if holder.machine != myself().machine:
        remedy += f"; if that run has ended, remove {lock}"
    raise InputError(
        f"{what} is being written by {said.get('command', 'another run')} (process {holder.pid} on {host}, since "
        f"{since}); {remedy}"
    )


def _take(lock: Path, what: Path) -> None:
    clear_temporaries(lock.parent, {_NEW, _OLD})
    for _ in range(_TRIES):
        if _make(lock):
            return
        require_free(lock, what)
        if _holder(lock) is None and lock.exists() and time.time() - lock.stat().st_mtime < _WRITING:
            time.sleep(0.2)  # it is being written
        else:
            _remove(lock, _read(lock))
    raise InputError(f"{what} is being written by another run; wait for it, or remove {lock} if there is none")


_TRIES = 3

_NEW, _OLD = "lock", "old_lock"
"""Ends of the names of a lock that is being made, and of one that is being taken away."""

_WRITING = 5.0
"""Seconds after which a lock without a holder is what a killed process left."""


def _make(lock: Path) -> bool:
    """Make the lock, or say that there is one."""
    content = {
        **asdict(myself()),
        "host": platform.node(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S"),
        "command": Path(sys.argv[0]).name if sys.argv and sys.argv[0] else "Python",
    }
    own = lock.with_name(f".{myself().mark}.tmp.{_NEW}")
    try:
        with writing(lock):
            own.write_text(json.dumps(content), encoding="utf-8")
        try:
            os.link(own, lock)
        except OSError as error:
            if own.stat().st_nlink == 2:  # the answer of a file server got lost
                return True
            return not isinstance(error, FileExistsError) and _make_alone(lock, json.dumps(content))
        return True
    finally:
        own.unlink(missing_ok=True)


def _make_alone(lock: Path, content: str) -> bool:
    try:
        with lock.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True


def _remove(lock: Path, said: dict[str, Any]) -> None:
    """Take a dead run's lock away, unless somebody has just done so and made their own."""
    aside = lock.with_name(f".{myself().mark}.tmp.{_OLD}")
    try:
        lock.rename(aside)
        if _read(aside) != said:
            os.link(aside, lock)
    except OSError:
        pass
    finally:
        aside.unlink(missing_ok=True)


def _read(lock: Path) -> dict[str, Any]:
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _holder(lock: Path) -> Owner | None:
    said = _read(lock)
    try:
        return Owner(str(said["machine"]), int(said["pid"]), int(said["began"]))
    except (KeyError, TypeError, ValueError):
        return None
