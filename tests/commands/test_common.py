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


def test_memory_that_ran_out_is_one_line(capsys):
    def command():
        raise MemoryError

    with pytest.raises(SystemExit) as ended:
        run(command)
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: memory ran out; it needs a machine with more\n"
