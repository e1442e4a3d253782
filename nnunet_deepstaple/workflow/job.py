"""Run the steps of a job in order: what has finished and is unchanged is skipped, what was broken off goes on."""

import math
import shlex
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import InputError, RunError
from ..progress import Progress, no_progress
from . import screen
from .contents import Content
from .guard import Guard, alone
from .process import end_group, run_command
from .record import BEGUN, FINISHED, OUTDATED, Record, log_file, read_record, write_record
from .state import Look, State, look, refuse_strangers
from .step import Step

_TAIL = 20
"""Last lines of a failed command's output that are shown."""


def run_job(
    steps: Sequence[Step],
    folder: Path,
    environment: Mapping[str, str],
    progress: Progress = no_progress,
    until: str = "",
) -> None:
    """Run the steps of a job that have not finished.

    Args:
        steps: in order; each may read what those before it make.
        folder: where records and logs lie.
        environment: environment variables of the commands.
        progress: shows how far the reading of the inputs is.
        until: name of the last step to run; empty runs all.

    Raises:
        InputError: there is no such step, an input is missing or wrong, another job works in ``folder``, or something
            that this job did not make lies where a step is to make it.
        RunError: a command failed.
    """
    count = _count(steps, until)
    with alone(folder, end_group, screen.say) as guard:
        before, known = math.inf, dict[str, Content]()
        for number, step in enumerate(steps[:count]):
            place = f"step {number + 1} of {count}  " if count > 1 else ""
            screen.say(f"\n{place}{step.name}: {step.title}")
            found = look(step, folder, before, known, progress)
            known |= found.files
            if found.finished:
                screen.say(f"$ {shlex.join(step.words())}\n  {found.state.value}, skipped")
                if found.state == State.BY_HAND:
                    write_record(folder, step.name, _record(step, FINISHED, found))
                before = found.ended
            else:
                later = steps[number + 1 :]
                refuse_strangers(later, folder)
                if found.why:
                    screen.say(f"  again, since {found.why}")
                _clear(step, later, folder, going_on=found.state == State.BEGUN)
                before = _run(step, found, folder, environment, guard)


def look_at_job(
    steps: Sequence[Step], folder: Path, progress: Progress, until: str = ""
) -> Iterable[tuple[Step, Look]]:
    """Tell how far each step of a job is, and change nothing.

    Raises:
        InputError: as :func:`run_job` would.
    """
    before, known, waiting = math.inf, dict[str, Content](), False
    for number, step in enumerate(steps[: _count(steps, until)]):
        if waiting:
            yield step, Look(State.TO_RUN)
            continue
        found = look(step, folder, before, known, progress)
        known |= found.files
        before, waiting = found.ended, not found.finished
        if waiting:
            refuse_strangers(steps[number + 1 :], folder)
        yield step, found


def run_step(step: Step, folder: Path, environment: Mapping[str, str]) -> float:
    """Run one step that stands alone, and give the seconds that it took, now or before.

    Raises:
        InputError: see :func:`run_job`.
        RunError: the command failed.
    """
    run_job([step], folder, environment)
    record = read_record(folder, step.name)
    return record.seconds if record else math.nan


def _count(steps: Sequence[Step], until: str) -> int:
    names = [step.name for step in steps]
    if until and until not in names:
        raise InputError(f"there is no step {until}; choose one of {', '.join(names)}")
    return names.index(until) + 1 if until else len(names)


def _clear(step: Step, later: Sequence[Step], folder: Path, *, going_on: bool) -> None:
    """Remove what the step made before and does not go on with, and what those after it made of that."""
    outdated = [one for one in later if read_record(folder, one.name)]
    for one in outdated:
        write_record(folder, one.name, Record(list(one.command), OUTDATED))
    kept = step.resume.folder if going_on and step.resume else None
    _remove(path for one in [step, *outdated] for path in one.makes if path != kept)
    if kept and step.resume:
        _remove(step.resume.cut_off())


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.exists():
            screen.say(f"  removed {path}, made by an earlier run")
            if path.is_dir():
                shutil.rmtree(path)
                if not any(path.parent.iterdir()):
                    path.parent.rmdir()
            else:
                path.unlink()


def _run(step: Step, found: Look, folder: Path, environment: Mapping[str, str], guard: Guard) -> float:
    """Run a step, and give when it had finished."""
    going_on = found.state == State.BEGUN
    record = _record(step, BEGUN, found)
    write_record(folder, step.name, record)
    words = step.words(resumed=going_on)
    screen.say(f"$ {shlex.join(words)}")
    started = time.monotonic()
    log = log_file(folder, step.name)
    with log.open("a" if going_on else "w", encoding="utf-8") as file:
        file.write(f"$ {shlex.join(words)}\n")
        status = run_command(words, file, environment, step.shown, guard)
    if status:
        raise _failure(step, status, log)
    seconds, ended = time.monotonic() - started, time.time()
    write_record(folder, step.name, replace(record, state=FINISHED, ended=ended, seconds=seconds))
    screen.say(f"  done in {seconds:.0f} s")
    return ended


def _record(step: Step, state: str, found: Look) -> Record:
    return Record(list(step.command), state, found.files, found.ended)


def _failure(step: Step, status: int, log: Path) -> Exception:
    """What a failed command ends the job with: its own word on a wrong input, else the end of its output."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if status == 2 and told:
        return InputError(f"{told[-1]} (step {step.name})")
    end = "\n".join(lines[-_TAIL:])
    return RunError(f"step {step.name} ended with status {status}; its output is in {log}:\n{end}")
