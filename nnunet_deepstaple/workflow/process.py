"""Run one command: its output goes to a log, and what matters of it to the screen."""

import contextlib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from . import screen
from .guard import Guard

TICK = 1.0
"""Seconds between updates of the line that shows what a command is doing."""

PATIENCE = 10.0
"""Seconds that processes get to end when they are told to."""

_TIME_STAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+: ")


def run_command(
    words: Sequence[str],
    log: IO[str],
    environment: Mapping[str, str],
    shown: str = "",
    guard: Guard | None = None,
) -> int:
    """Run a command to its end. If this process is interrupted, the command ends too, and with it its workers.

    Args:
        words: program and arguments.
        log: takes all that it prints.
        environment: its environment variables.
        shown: regular expression of the lines that stay on the screen.
        guard: held by the command as long as it lives.

    Returns:
        The exit status.
    """
    started = time.monotonic()
    with subprocess.Popen(
        words,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        pass_fds=guard.descriptors if guard else (),
    ) as process:
        try:
            if guard:
                guard.name(process.pid)
            _follow(process, shown, log, started)
        except BaseException:
            end_group(process.pid)
            raise
    screen.clear()
    return process.returncode


def end_group(leader: int) -> None:
    """End a command and, where the system has process groups, its worker processes too."""
    if not hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.kill(leader, signal.SIGTERM)
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(leader, os.WNOHANG)
            os.killpg(leader, 0)
            time.sleep(0.05)
        os.killpg(leader, signal.SIGKILL)


def _follow(process: "subprocess.Popen[str]", shown: str, log: IO[str], started: float) -> None:
    last = ""
    for line in _lines(process):
        if line is not None:
            log.write(line)
            last = _TIME_STAMP.sub("", line).strip() or last
            if shown and line.strip() and re.search(shown, line):
                screen.clear()
                screen.say(f"  {_TIME_STAMP.sub('', line).rstrip()}")
        screen.pass_by(f"  {time.monotonic() - started:4.0f} s  {last}")


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
