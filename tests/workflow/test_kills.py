import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills processes as POSIX does")
def test_killed_and_run_again_gives_the_same(tmp_path):
    command = [sys.executable, "-m", "tests.workflow.kills", str(tmp_path), "2", "fuse"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert "killed 2 times" in done.stdout
