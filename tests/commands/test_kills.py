"""Commands are killed and run again; ``python -m tests.commands.kills_of_all`` kills all commands, and more often."""

import random
import signal

import pytest

from ..machine import kills
from .kills_of_all import JOBS, Place, check_kills


@kills
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(
    "name", ["ds_score", *(pytest.param(name, marks=pytest.mark.slow) for name in ("ds_prepare", "ds_fuse", "ds_rank"))]
)
def test_the_end_is_that_of_an_undisturbed_run(tmp_path, name, by):
    assert "the same each time" in check_kills(Place(tmp_path, JOBS[name], images=2), 2, by, random.Random(1))
