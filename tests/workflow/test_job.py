"""Jobs of three small Python commands: one writes a, one copies a to b, one copies b to c."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError, RunError
from nnunet_deepstaple.progress import no_progress
from nnunet_deepstaple.workflow.job import look_at_job, run_job
from nnunet_deepstaple.workflow.state import State
from nnunet_deepstaple.workflow.step import Resume, Step

COUNT = "import sys; from pathlib import Path; where = Path(sys.argv[2]); "
COPY = COUNT + "where.write_text(Path(sys.argv[1]).read_text()); open(f'{where}.runs', 'a').write('x')"


def copy(folder: Path, source: str, target: str, code: str = COPY) -> Step:
    one, other = folder / source, folder / target
    command = [sys.executable, "-c", code, str(one), str(other)]
    return Step(target, f"Make {target}", command, inputs=[one], makes=[other], done=[other])


@pytest.fixture
def steps(tmp_path):
    (tmp_path / "input").write_text("1")
    names = ["input", "a", "b", "c"]
    return [copy(tmp_path, source, target) for source, target in pairwise(names)]


def run(steps, tmp_path, until=""):
    run_job(steps, tmp_path, os.environ, until=until)


def runs(tmp_path):
    return [len((tmp_path / f"{name}.runs").read_text()) for name in "abc"]


def states(steps, tmp_path):
    return [found.state for _, found in look_at_job(steps, tmp_path, no_progress)]


def test_finished_steps_are_skipped_and_that_is_said(steps, tmp_path, capsys):
    run(steps, tmp_path)
    first = capsys.readouterr().out
    assert f"\nstep 2 of 3  b: Make b\n$ {sys.executable} -c" in first
    assert "done in" in first
    run(steps, tmp_path)
    assert runs(tmp_path) == [1, 1, 1]
    assert capsys.readouterr().out.count("  finished before, skipped") == 3


def test_a_changed_input_repeats_the_step_and_those_after_it(steps, tmp_path, capsys):
    run(steps, tmp_path)
    (tmp_path / "input").write_text("2")
    assert states(steps, tmp_path) == [State.CHANGED, State.TO_RUN, State.TO_RUN]
    assert (tmp_path / "c").read_text() == "1"  # looking changes nothing
    run(steps, tmp_path)
    assert (tmp_path / "c").read_text() == "2"
    assert f"  again, since {tmp_path / 'input'} changed" in capsys.readouterr().out
    (tmp_path / "b").write_text("3")
    run(steps, tmp_path)
    assert (runs(tmp_path), (tmp_path / "c").read_text()) == ([2, 2, 3], "3")


def test_what_comes_later_is_outdated_although_the_run_stops_before_it(steps, tmp_path):
    run(steps, tmp_path)
    os.utime(tmp_path / "c")  # as new as can be
    again = replace(steps[0], command=[*steps[0].command, "other"])
    run([again, *steps[1:]], tmp_path, until="a")
    assert not (tmp_path / "c").exists()
    assert states([again, *steps[1:]], tmp_path) == [State.FINISHED, State.TO_RUN, State.TO_RUN]


def test_a_touched_input_repeats_nothing(steps, tmp_path):
    run(steps, tmp_path)
    os.utime(tmp_path / "input", (1, 1))
    run(steps, tmp_path)
    assert runs(tmp_path) == [1, 1, 1]


def test_where_it_runs_does_not_count(steps, tmp_path):
    run(steps, tmp_path)
    run([replace(step, place=["-device", "cpu"]) for step in steps], tmp_path)
    assert runs(tmp_path) == [1, 1, 1]


def test_a_result_that_is_gone_is_made_again(steps, tmp_path):
    run(steps, tmp_path)
    (tmp_path / "b").unlink()
    run(steps, tmp_path)
    assert runs(tmp_path) == [1, 2, 2]


def test_it_stops_where_it_is_told_to(steps, tmp_path):
    run(steps, tmp_path, until="b")
    assert not (tmp_path / "c").exists()
    with pytest.raises(InputError, match="there is no step d; choose one of a, b, c"):
        run(steps, tmp_path, until="d")


def test_a_step_done_by_hand_is_taken_as_it_is(steps, tmp_path, capsys):
    run(steps, tmp_path, until="a")
    (tmp_path / "b").write_text("mine")
    run(steps, tmp_path)
    assert (tmp_path / "c").read_text() == "mine"
    assert "finished by hand, skipped" in capsys.readouterr().out


@pytest.mark.parametrize("name", "abc")
def test_what_others_made_is_never_replaced(steps, tmp_path, name):
    (tmp_path / name).write_text("precious")
    with pytest.raises(InputError, match=f"{name} was not made by this run"):
        run(steps, tmp_path)
    assert (tmp_path / name).read_text() == "precious"
    assert not any((tmp_path / f"{name}.runs").exists() for name in "abc")


def test_a_failed_step_tells_the_end_of_its_output_and_runs_again(steps, tmp_path):
    failing = replace(steps[1], command=[sys.executable, "-c", "print('why'); raise SystemExit(3)"])
    for _ in range(2):
        with pytest.raises(RunError, match=r"(?s)step b ended with status 3; .*b\.log:.*why"):
            run([steps[0], failing, steps[2]], tmp_path)
    assert not (tmp_path / "c").exists()


def test_the_word_of_a_command_on_wrong_input_is_passed_on(steps, tmp_path):
    command = [sys.executable, "-c", "print('error: x is no image; convert it'); raise SystemExit(2)"]
    with pytest.raises(InputError, match=r"^x is no image; convert it \(step a\)$"):
        run([replace(steps[0], command=command)], tmp_path)


SLOW = (
    COUNT
    + """
import os, time
if "--continue" not in sys.argv:
    where.mkdir()
    (where / "part1").write_text("whole")
    (where / "part2").write_text("to")  # is cut off
    (where / "command").write_text(str(os.getpid()))
    time.sleep(60)
(where / "end").write_text(" ".join(sorted(path.name for path in where.glob("part*"))))
"""
)


def slow_step(folder: Path) -> Step:
    where = folder / "a"
    resume = Resume("--continue", where, "part*", whole=lambda path: path.read_text() == "whole")
    return replace(copy(folder, "input", "a", SLOW), resume=resume, done=[where / "end"])


def killed_job(folder: Path) -> int:
    """Kill a job, but not its command, and give the process id of the command."""
    code = "import os, sys; from pathlib import Path; from tests.workflow.test_job import run, slow_step; "
    code += "folder = Path(sys.argv[1]); run([slow_step(folder)], folder)"
    job = subprocess.Popen([sys.executable, "-c", code, str(folder)], cwd=Path(__file__).parents[2])
    while not (folder / "a/command").exists():
        time.sleep(0.01)
    job.kill()
    assert job.wait() != 0
    return int((folder / "a/command").read_text())


@pytest.mark.skipif(os.name != "posix", reason="kills processes and locks files as POSIX does")
def test_a_killed_step_goes_on_without_what_was_cut_off(tmp_path, capsys):
    (tmp_path / "input").write_text("1")
    left = killed_job(tmp_path)
    assert states([slow_step(tmp_path)], tmp_path) == [State.BEGUN]
    run([slow_step(tmp_path)], tmp_path)
    printed = capsys.readouterr().out
    assert f"process {left} on " in printed
    assert f"  removed {tmp_path / 'a/part2'}" in printed
    assert (tmp_path / "a/end").read_text() == "part1"
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)


@pytest.mark.skipif(os.name != "posix", reason="kills processes and locks files as POSIX does")
def test_a_killed_step_whose_input_changed_begins_anew(tmp_path):
    (tmp_path / "input").write_text("1")
    killed_job(tmp_path)
    (tmp_path / "input").write_text("2")
    assert states([slow_step(tmp_path)], tmp_path) == [State.TO_RUN]


@pytest.mark.skipif(os.name != "posix", reason="locks files as POSIX does")
def test_two_jobs_do_not_work_in_one_folder(steps, tmp_path):
    from nnunet_deepstaple.workflow.guard import alone

    with (
        alone(tmp_path, lambda _: None, lambda _: None),
        pytest.raises(InputError, match=r"another run works in .*; wait until it has ended"),
    ):
        run(steps, tmp_path)
