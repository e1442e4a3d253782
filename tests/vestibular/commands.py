"""Running a script's command in this process."""

import sys
from collections.abc import Callable

import pytest


def run_command(main: Callable[[], object], *arguments: object) -> int:
    """Run a command with these arguments and give its exit status."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["command", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
    return stop.value.code
