"""The Python of the pages under docs/how_to, run as it stands there."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from ..commands.fuse_runs import read, write_candidates
from .pages import code_blocks


def test_own_rule(tmp_path: Path) -> None:
    candidates = write_candidates(tmp_path / "candidates", images=2, count=3)
    [(_, code)] = code_blocks("how_to/own_rule.md")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    for image in ("image0", "image1"):
        largest = np.max([read(candidates / f"{image}__c{name}.nii.gz") for name in range(3)], axis=0)
        assert np.array_equal(read(tmp_path / "fused" / f"{image}.nii.gz"), largest)
