"""One job at a time in a folder, and no command that outlives a killed job unseen.

The system releases the lock on a file when the processes that hold it end, however they end. The job holds one lock,
and each of its commands holds another. So the next job finds the command of a killed job, and ends it.
"""

import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import InputError, RunError
from .record import FOLDER

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Guard:
    """A file that commands hold a lock on; it names the process that does."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    @property
    def descriptors(self) -> Sequence[int]:
        """What a command inherits, to hold the lock too."""
        return (self._file.fileno(),) if fcntl else ()

    def name(self, process: int) -> None:
        """Write down which process holds the lock."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{socket.gethostname()} {process}\n")
        self._file.flush()


@contextmanager
def alone(folder: Path, end: Callable[[int], object], say: Callable[[str], object]) -> Iterator[Guard]:
    """Hold the folder of a job for this process, and give what its commands are to hold.

    Args:
        folder: of the job.
        end: ends the process group of a command that a killed job left running.
        say: is told of it.

    Raises:
        InputError: another job works in the folder.
        RunError: a command that a killed job left runs on another machine, or does not end.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    with (folder / FOLDER / ".job").open("a") as job, (folder / FOLDER / ".command").open("a+") as command:
        if not _lock(job):
            raise InputError(f"another run works in {folder}; wait until it has ended, or choose another -o")
        if not _lock(command):
            command.seek(0)
            host, _, process = command.read().strip().partition(" ")
            left = f"a command of an earlier run still works in {folder}, process {process or '?'} on {host or '?'}"
            if host == socket.gethostname() and process.isdecimal():
                say(f"{left}; it is ended")
                end(int(process))
            if not _lock(command):
                raise RunError(f"{left}; end it first")
        yield Guard(command)


def _lock(file: IO[str]) -> bool:
    if fcntl:
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False
    return True
