"""A process that has imported nnU-Net once and forks for each of its commands, which saves seconds of imports.

A request is a line of JSON on stdin: ``command``, ``arguments``, ``environment``, and ``output``, a file for all that
the command prints. The answers are two lines: the command's process id, at once, and its exit status, negative for a
signal. A command runs in a process of its own, the leader of a session, as if it had been started by a shell.
"""

import json
import os
import random
import signal
import sys
from importlib.metadata import entry_points
from typing import Any


def main() -> None:
    from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name

    recursive_find_trainer_class_by_name("nnUNetTrainer")
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        process = os.fork()
        if not process:
            run(json.loads(line))
        print(process, file=answers, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def run(request: dict[str, Any]) -> None:
    """Become a command."""
    import numpy as np

    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["environment"])
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for taken, descriptor in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(taken, descriptor)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", buffering=1, encoding="utf-8") for number in (1, 2))
    np.random.seed()  # noqa: NPY002 (as a new process would)
    random.seed()
    sys.argv = [request["command"], *request["arguments"]]
    (script,) = entry_points(group="console_scripts", name=request["command"])
    sys.exit(script.load()())


if __name__ == "__main__":
    main()
