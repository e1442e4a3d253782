"""Run the commands of a story one after another, show how they get on, and skip those that are done."""

import contextlib
import os
import queue
import re
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TICK = 1.0
"""Seconds between updates of the line that shows what a command is doing."""

_TIME_STAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+: ")


@dataclass(frozen=True)
class Step:
    """One command of the story.

    Attributes:
        name: name of its log file.
        title: what it does, one line.
        command: program and arguments, as a user types them.
        shown: regular expression of the output lines that stay on the screen; the others pass by in one line.
    """

    name: str
    title: str
    command: Sequence[str]
    shown: str = ""


class StepError(Exception):
    """A command of the story exited with an error; the message has the end of its output."""


def run_step(step: Step, folder: Path, environment: Mapping[str, str]) -> None:
    """Run one command in ``folder``, unless it has finished before.

    Its output goes to ``logs/<name>.log``, which gets that name only when the command has succeeded: the log says
    that the step is done.

    Raises:
        StepError: the command's exit status is not 0.
    """
    _say(f"\n{step.title}\n$ {shlex.join(step.command)}")
    log = folder / "logs" / f"{step.name}.log"
    if log.is_file():
        _say(f"  finished before, skipped (remove {log} to run it again)")
        return
    log.parent.mkdir(exist_ok=True)
    unfinished = log.with_suffix(".unfinished")
    started = time.monotonic()
    with (
        unfinished.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            step.command,
            cwd=folder,
            env=dict(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process,
    ):
        try:
            _show(process, step.shown, file, started)
        except BaseException:
            _end(process)
            raise
    _clear()
    if process.returncode != 0:
        end = unfinished.read_text(encoding="utf-8").splitlines()[-20:]
        raise StepError("\n".join([*end, f"'{step.command[0]}' failed (whole output: {unfinished})"]))
    unfinished.rename(log)
    _say(f"  done in {time.monotonic() - started:.0f} s")


def _end(process: "subprocess.Popen[str]") -> None:
    """End a command and, where the system has process groups, nnU-Net's worker processes too."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGTERM)
    else:
        process.terminate()


def _show(process: "subprocess.Popen[str]", shown: str, log: IO[str], started: float) -> None:
    last = ""
    for line in _lines(process):
        if line is not None:
            log.write(line)
            last = _TIME_STAMP.sub("", line).strip() or last
            if shown and line.strip() and re.search(shown, line):
                _clear()
                _say(f"  {_TIME_STAMP.sub('', line).rstrip()}")
        if sys.stdout.isatty():
            text = f"  {time.monotonic() - started:4.0f} s  {last}"
            print(f"\r{text[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", flush=True)


def _lines(process: "subprocess.Popen[str]") -> Iterator[str | None]:
    """Lines of output as they come, and None whenever a tick passes without one."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        with contextlib.suppress(ValueError):  # closed under our hands when the user interrupts
            for line in process.stdout or ():
                lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=TICK)
        except queue.Empty:
            yield None
            continue
        if line is None:
            return
        yield line


def _say(text: str) -> None:
    print(text, flush=True)


def _clear() -> None:
    if sys.stdout.isatty():
        print("\r\x1b[K", end="", flush=True)
