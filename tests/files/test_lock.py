"""One run, one folder."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.lock import locked
from nnunet_deepstaple.files.owner import myself


def hold(lock):
    """A process that holds a lock until its input ends."""
    code = (
        "import sys; from pathlib import Path; from nnunet_deepstaple.files.lock import locked\n"
        "with locked(Path(sys.argv[1]), Path('place')): print('held', flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_the_second_is_told_who_holds_it(tmp_path):
    child = hold(tmp_path / "lock")
    told = rf"^place is being written by .*process {child.pid} on .*, since 20"
    with pytest.raises(InputError, match=told), locked(tmp_path / "lock", Path("place")):
        pass
    child.communicate("\n")
    assert list(tmp_path.iterdir()) == []
    with locked(tmp_path / "lock", tmp_path):
        assert len(list(tmp_path.iterdir())) == 1
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path):
    child = hold(tmp_path / "lock")
    child.kill()
    child.wait()
    assert (tmp_path / "lock").is_file()
    with locked(tmp_path / "lock", tmp_path):
        assert json.loads((tmp_path / "lock").read_text())["pid"] == myself().pid
    assert list(tmp_path.iterdir()) == []


def test_the_lock_of_another_machine_is_told(tmp_path):
    other = asdict(replace(myself(), machine="0123abcd"))
    (tmp_path / "lock").write_text(json.dumps({**other, "host": "node7", "since": "yesterday", "command": "ds_fuse"}))
    told = r"by ds_fuse \(process \d+ on node7, since yesterday\).*remove .*lock"
    with pytest.raises(InputError, match=told), locked(tmp_path / "lock", tmp_path):
        pass
    assert (tmp_path / "lock").is_file()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x"}'])
def test_a_lock_that_names_nobody_is_what_a_killed_run_left(tmp_path, content):
    (tmp_path / "lock").write_text(content)
    old = time.time() - 60
    os.utime(tmp_path / "lock", (old, old))
    with locked(tmp_path / "lock", tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_of_many_at_once_one_has_it(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from nnunet_deepstaple.files.lock import locked\n"
        "from nnunet_deepstaple.errors import InputError\n"
        "try:\n"
        "    with locked(Path(sys.argv[1]), Path('place')): print('mine', flush=True); time.sleep(3)\n"
        "except InputError: print('other')"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    assert sorted(run.communicate()[0] for run in runs) == ["mine\n", *["other\n"] * 5]
    assert list(tmp_path.iterdir()) == []
