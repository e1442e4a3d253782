"""One command of a job: what it reads, what it makes, and what shows that it has finished."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Resume:
    """How a command goes on after a kill.

    Attributes:
        option: what is added to the command, as ``--continue``.
        folder: what the killed command left there is kept; all else that the step makes is removed.
        begun: pattern of files in ``folder``, one of which shows that there is something to go on with.
        whole: tells whether such a file is whole; one that is not is removed, since the command could not read it.
    """

    option: str
    folder: Path
    begun: str = "*"
    whole: Callable[[Path], bool] = Path.exists

    def left(self) -> list[Path]:
        """What there is to go on with."""
        return [path for path in self._begun() if self.whole(path)]

    def cut_off(self) -> list[Path]:
        """Files that a kill cut off in mid-write."""
        return [path for path in self._begun() if not self.whole(path)]

    def _begun(self) -> list[Path]:
        return sorted(self.folder.glob(self.begun)) if self.folder.is_dir() else []


@dataclass(frozen=True)
class Step:
    """One command of a job.

    Attributes:
        name: of its log and its record.
        title: what it does, one line.
        command: program and arguments, as a user types them.
        place: further arguments that do not change the result, as ``-device cuda``.
        inputs: files that it reads; of a folder, the files directly in it. If one changes, the step runs again.
        makes: files and folders that it makes. They are removed before it runs again.
        done: files that are there when it has finished.
        resume: how it goes on after a kill; None if it starts again.
        shown: regular expression of the output lines that stay on the screen; the others pass by in one line.
    """

    name: str
    title: str
    command: Sequence[str]
    place: Sequence[str] = ()
    inputs: Sequence[Path] = ()
    makes: Sequence[Path] = ()
    done: Sequence[Path] = ()
    resume: Resume | None = None
    shown: str = ""

    def words(self, *, resumed: bool = False) -> list[str]:
        """The whole command."""
        option = [self.resume.option] if resumed and self.resume else []
        return [*self.command, *self.place, *option]
