"""The edges of the shell: nobody reads what is printed, the disk is full, a signal comes, a folder has an odd name."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .fuse_runs import COMMAND, write_candidates

FULL = Path("/dev/full")


def fuse(folder: Path, *more, **options) -> "subprocess.Popen[str]":
    command = [*COMMAND, "-i", folder / "c", "-o", folder / "f", "-rule", "majority", *more]
    return subprocess.Popen([str(part) for part in command], text=True, **options)


@pytest.fixture
def folder(tmp_path):
    write_candidates(tmp_path / "c", images=3, count=3)
    return tmp_path


def fused(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "f").iterdir())


WHOLE = ["fusion.json", "image0.nii.gz", "image1.nii.gz", "image2.nii.gz"]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_reader_that_goes_away_leaves_the_work_to_be_done(folder, processes):
    run = fuse(folder, "-np", processes, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    run.stdout.close()
    assert run.stderr.read() == ""
    assert run.wait() == 0
    assert fused(folder) == WHOLE


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
def test_what_cannot_be_printed_is_told_when_all_is_done(folder):
    with FULL.open("w") as full:
        run = fuse(folder, "-np", 1, stdout=full, stderr=subprocess.PIPE)
        assert run.communicate()[1].startswith("error: all is done, but what is printed here could not be written")
    assert run.returncode == 1
    assert fused(folder) == WHOLE


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(folder, closed):
    shell = f'exec "$@" {closed}'
    command = [
        "sh",
        "-c",
        shell,
        "sh",
        *COMMAND,
        "-i",
        folder / "c",
        "-o",
        folder / "f",
        "-rule",
        "majority",
        "-np",
        "1",
    ]
    assert subprocess.run(command, check=False).returncode == 0
    assert fused(folder) == WHOLE
    assert (
        subprocess.run([*command[:4], *COMMAND, "-i", folder / "none", "-o", folder / "g"], check=False).returncode == 2
    )


@pytest.mark.parametrize(
    ("number", "status", "said"), [("SIGTERM", 143, "terminated\n"), ("SIGINT", 130, "interrupted\n")]
)
@pytest.mark.parametrize("processes", [1, 2])
def test_a_signal_ends_a_run_in_one_line_and_cleans_up(tmp_path, number, status, said, processes):
    write_candidates(tmp_path / "c", images=400, count=3)
    run = fuse(tmp_path, "-np", processes, stderr=subprocess.PIPE, start_new_session=True)
    while not (tmp_path / "f").is_dir() or len(list((tmp_path / "f").iterdir())) < 3:
        time.sleep(0.01)
    os.killpg(run.pid, signal.Signals[number])
    assert (run.communicate()[1], run.returncode) == (said, status)
    assert not [path for path in (tmp_path / "f").iterdir() if ".tmp." in path.name]


def test_a_folder_for_temporary_files_with_a_long_name(folder):
    (folder / ("t" * 120)).mkdir()
    run = fuse(folder, "-np", 2, env=os.environ | {"TMPDIR": str(folder / ("t" * 120))}, stderr=subprocess.PIPE)
    assert run.communicate()[1] == ""
    assert (run.returncode, fused(folder)) == (0, WHOLE)


SCRIPT = """
from pathlib import Path
from nnunet_deepstaple.processes import each
print("top")
{own}
for _ in each({function}, {{str(number): number for number in range(4)}}, 2):
    pass
print("done")
"""


@pytest.mark.parametrize("piped", [False, True])
def test_a_script_without_a_main_guard_works(tmp_path, piped):
    text = SCRIPT.format(own="", function="abs")
    (tmp_path / "script.py").write_text(text)
    command = [sys.executable] if piped else [sys.executable, tmp_path / "script.py"]
    done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == ("top\ndone\n", "")


def test_a_function_of_the_script_itself_needs_the_guard(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.format(own="def own(number): return number", function="own"))
    done = subprocess.run([sys.executable, tmp_path / "script.py"], text=True, capture_output=True, check=False)
    last = done.stderr.splitlines()[-1]
    assert last.endswith("the workers ran the calling script again; it needs 'if __name__ == \"__main__\":'")
    assert "bootstrapping" not in done.stderr


def test_the_current_folder_a_circle_of_links_and_capital_endings(folder, tmp_path):
    (tmp_path / "here").mkdir()
    command = [*COMMAND, "-i", folder / "c", "-rule", "majority", "-np", "1", "-o"]
    assert subprocess.run([*command, "."], cwd=tmp_path / "here", check=False, capture_output=True).returncode == 0
    assert len(list((tmp_path / "here").iterdir())) == len(WHOLE)
    (tmp_path / "loop").symlink_to("loop")
    done = subprocess.run([*command, tmp_path / "loop/f"], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    for path in (folder / "c").iterdir():
        path.rename(path.with_name(path.name.replace(".nii.gz", ".NII.GZ")))
    done = subprocess.run([*command, tmp_path / "f"], check=False, capture_output=True, text=True)
    assert "ends in .NII.GZ, with which no result can be written; rename such files" in done.stderr
    assert (done.returncode, (tmp_path / "f").exists()) == (2, False)
