from pathlib import Path

import pytest

from scripts.paint_crossmoda import main as paint_crossmoda

from .commands import run_command
from .drawn import write_release


@pytest.fixture(scope="session")
def challenge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small challenge painted around ellipsoids: 3 source heads, 2 targets, 1 to test on."""
    folder = tmp_path_factory.mktemp("challenge")
    contours = write_release(folder / "contours", 6)
    counts = ("-sources", 3, "-targets", 2, "-tests", 1)
    assert run_command(paint_crossmoda, "-i", contours, "-o", folder / "crossmoda", *counts, "-spacing", 2, 2, 2) == 0
    return folder / "crossmoda"
