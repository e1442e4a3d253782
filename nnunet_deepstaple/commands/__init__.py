"""The ds_* commands: parse, call, print. One module a command."""

import os
import signal
import sys
from pathlib import Path


def _leave(*_: object) -> None:
    os.write(2, b"interrupted\n")
    os._exit(130)


if Path(getattr(sys, "argv", [""])[0]).name.startswith("ds_") and hasattr(signal, "default_int_handler"):
    signal.signal(signal.SIGINT, _leave)  # while imports are under way there is nothing to clean up, nor to trace
