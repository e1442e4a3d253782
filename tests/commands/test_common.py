import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_the_terminal_cannot_show_are_no_error(encoding):
    command = [sys.executable, "-c", "from nnunet_deepstaple.commands.score import main; main()", "--help"]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": encoding}, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"learning rate of the data parameters ?" in done.stdout
