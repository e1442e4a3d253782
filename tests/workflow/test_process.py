import io
import os
import sys
import time

import pytest

from nnunet_deepstaple.workflow import process
from nnunet_deepstaple.workflow.process import run_command


def python(code, shown=""):
    log = io.StringIO()
    return run_command([sys.executable, "-c", code], log, os.environ, shown), log.getvalue()


def test_output_is_logged_and_chosen_lines_are_shown(capsys):
    status, log = python("print('2026-01-02 03:04:05.6: kept 1'); print('other'); raise SystemExit(3)", "kept")
    assert status == 3
    assert log == "2026-01-02 03:04:05.6: kept 1\nother\n"
    assert capsys.readouterr().out == "  kept 1\n"


@pytest.mark.skipif(os.name != "posix", reason="ends a process group, which Windows has not")
@pytest.mark.parametrize("deaf", [False, True], ids=["", "deaf to SIGTERM"])
def test_interrupting_a_command_ends_its_workers_too(tmp_path, monkeypatch, deaf):
    ignore = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " if deaf else ""
    worker = f"{ignore}import time; open('{tmp_path}/started', 'w').close(); time.sleep(60)"
    groups = []

    def interrupt(command, *_):
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        groups.append(command.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_follow", interrupt)
    monkeypatch.setattr(process, "PATIENCE", 0.2)
    with pytest.raises(KeyboardInterrupt):
        python(f"{ignore}import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])")
    deadline = time.monotonic() + 10
    while is_running(groups[0]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(groups[0])


def is_running(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
