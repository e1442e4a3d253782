import os
import sys
import time

import pytest

from nnunet_deepstaple.demo import runner
from nnunet_deepstaple.demo.runner import Step, StepError, run_step


def python(code, shown="kept"):
    return Step("01_step", "Say something", [sys.executable, "-c", code], shown)


def test_output_is_logged_and_chosen_lines_are_shown(tmp_path, capsys):
    run_step(python("print('2026-01-02 03:04:05.6: kept 1'); print('other')"), tmp_path, os.environ)
    shown = capsys.readouterr().out
    assert "\nSay something\n$ " in shown
    assert "\n  kept 1\n" in shown
    assert "\n  other" not in shown
    assert "done in" in shown
    assert (tmp_path / "logs" / "01_step.log").read_text(encoding="utf-8").endswith("other\n")


def test_finished_steps_are_skipped_and_that_is_said(tmp_path, capsys):
    step = python("open('count', 'a').write('x')")
    run_step(step, tmp_path, os.environ)
    run_step(step, tmp_path, os.environ)
    assert (tmp_path / "count").read_text(encoding="utf-8") == "x"
    assert "finished before, skipped" in capsys.readouterr().out


def test_failed_steps_tell_the_end_of_their_output_and_run_again(tmp_path):
    step = python("print('why'); open('count', 'a').write('x'); raise SystemExit(3)")
    for _ in range(2):
        with pytest.raises(StepError, match="why"):
            run_step(step, tmp_path, os.environ)
    assert (tmp_path / "count").read_text(encoding="utf-8") == "xx"
    assert not (tmp_path / "logs" / "01_step.log").exists()


@pytest.mark.skipif(os.name != "posix", reason="ends a process group, which Windows has not")
def test_interrupting_a_step_ends_its_workers_too(tmp_path, monkeypatch):
    worker = "import time; open('started', 'w').close(); time.sleep(60)"
    step = python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])")

    def interrupt(process, *_):
        while not (tmp_path / "started").exists():
            time.sleep(0.01)
        groups.append(process.pid)
        raise KeyboardInterrupt

    groups = []
    monkeypatch.setattr(runner, "_show", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_step(step, tmp_path, os.environ)
    deadline = time.monotonic() + 10
    while is_running(groups[0]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_running(groups[0])
    assert not (tmp_path / "logs" / "01_step.log").exists()


def is_running(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
