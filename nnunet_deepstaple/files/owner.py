"""Who is at work on a file: one process of one machine, also where several share a file system."""

import hashlib
import os
import platform
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Owner:
    """A process.

    Attributes:
        machine: short name of what process numbers count in: a machine since it was started, or a container.
        pid: its number there.
        began: when it began, as the system counts; 0 where that is not known.
    """

    machine: str
    pid: int
    began: int

    @property
    def mark(self) -> str:
        """The owner as a part of a file name."""
        return f"{self.pid}-{self.began}-{self.machine}"

    @property
    def is_gone(self) -> bool:
        """Whether the process has certainly ended; nobody knows that of another machine's."""
        return self.machine == _machine() and _began(self.pid) != self.began

    @classmethod
    def of_mark(cls, mark: str) -> "Owner | None":
        """The owner that a part of a file name tells; None if it tells none."""
        found = re.fullmatch(r"(\d+)-(\d+)-([0-9a-f]{8})", mark)
        return cls(found[3], int(found[1]), int(found[2])) if found else None


def myself() -> Owner:
    """This process."""
    return Owner(_machine(), os.getpid(), _began(os.getpid()) or 0)


@cache
def _machine() -> str:
    parts = [platform.node()]
    for path in (Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")):
        try:
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text(encoding="ascii").strip())
        except OSError:
            continue
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]


def _began(pid: int) -> int | None:
    """When a process of this machine began; None if there is none, 0 if the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0 if not Path("/proc/self").exists() and _answers(pid) else None
    return None if fields[0] in (b"Z", b"X") else int(fields[19])


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
