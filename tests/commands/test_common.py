import os
import subprocess
import sys

import pytest

from nnunet_deepstaple.commands.common import run


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_terminal_cannot_show_are_no_error(encoding):
    command = [sys.executable, "-c", "from nnunet_deepstaple.commands.score import main; main()", "--help"]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"learning rate of the data parameters ?" in done.stdout


def ended(command, capsys):
    """Exit status and error of a command."""
    with pytest.raises(SystemExit) as found:
        run(command)
    return found.value.code, capsys.readouterr().err


def test_memory_that_ran_out_is_one_line(capsys):
    def command():
        raise MemoryError

    assert ended(command, capsys) == (1, "error: memory ran out; it needs a machine with more\n")


def test_a_name_that_is_too_long_is_one_line(capsys, tmp_path):
    status, line = ended((tmp_path / ("x" * 300)).stat, capsys)
    assert (status, line.count("\n")) == (2, 1)
    assert "is too long for the name of a file; choose a shorter one" in line


def test_an_empty_value_is_no_folder(capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["ds_fuse", "-i", "c", "-o", ""])
    assert ended(pytest.fail, capsys) == (
        2,
        "error: an option has an empty value; is a variable of the shell not set?\n",
    )
