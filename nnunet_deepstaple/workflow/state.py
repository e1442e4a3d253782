"""How far each step of a job is, by its record and by what lies on the disk."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from ..errors import InputError
from ..progress import Progress
from .contents import Content, Contents, first_difference, read_contents
from .record import BEGUN, FINISHED, Record, read_record
from .step import Step


class State(Enum):
    """How far a step is."""

    FINISHED = "finished before"
    BY_HAND = "finished by hand"
    BEGUN = "to go on"
    CHANGED = "to run again"
    TO_RUN = "to run"


@dataclass(frozen=True)
class Look:
    """What is found of a step.

    Attributes:
        state: how far it is.
        why: what changed, where it is to run again.
        files: what its inputs hold; empty where the step waits for one before it.
        ended: when it had finished, in seconds since 1970; 0 if it has not.
    """

    state: State
    why: str = ""
    files: dict[str, Content] = field(default_factory=dict)
    ended: float = 0.0

    @property
    def finished(self) -> bool:
        return self.state in (State.FINISHED, State.BY_HAND)


def look(step: Step, folder: Path, before: float, known: Contents, progress: Progress) -> Look:
    """Tell how far a step is; all steps before it have finished.

    Args:
        step: the step.
        folder: where the records lie.
        before: when the step before it had finished; infinity for the first one, which is never taken as done by hand.
        known: what files were found to hold so far, so that they need not be read again.
        progress: shows how far the reading of the inputs is.

    Raises:
        InputError: an input is missing, a record cannot be read, or something lies where the step is to make it.
    """
    record = read_record(folder, step.name)
    files = read_contents(step.inputs, {**known, **(record.files if record else {})}, progress)
    done = bool(step.done) and all(path.exists() for path in step.done)
    why = _difference(step, record, files)
    if record and record.state == FINISHED:
        if why:
            return Look(State.CHANGED, why, files)
        if done or not step.done:
            return Look(State.FINISHED, "", files, record.ended)
        return Look(State.CHANGED, "its result is gone", files)
    begun = record is not None and record.state == BEGUN and not why
    if done and not begun and _oldest(step.done) > before:
        return Look(State.BY_HAND, "", files, max(map(_changed, step.done)))
    if step.resume and (left := step.resume.left()) and (begun or _oldest(left) > before):
        return Look(State.BEGUN, "", files)
    if record is None:
        refuse_strangers([step], folder)
    return Look(State.TO_RUN, "", files)


def refuse_strangers(steps: Sequence[Step], folder: Path) -> None:
    """Make sure that nothing lies where steps that never began are to make something.

    Raises:
        InputError: something does.
    """
    for step in steps:
        for path in step.makes:
            if path.exists() and read_record(folder, step.name) is None:
                raise InputError(f"{path} was not made by this run; choose another dataset id or -o, or remove it")


def _difference(step: Step, record: Record | None, files: dict[str, Content]) -> str:
    """What changed since a step began, for the screen; empty if nothing did."""
    if record is None:
        return ""
    if list(step.command) != record.command:
        return "its command changed"
    changed = first_difference(record.files, files)
    return f"{changed} changed" if changed else ""


def _oldest(paths: Sequence[Path]) -> float:
    return min(map(_changed, paths))


def _changed(path: Path) -> float:
    return path.stat().st_mtime
