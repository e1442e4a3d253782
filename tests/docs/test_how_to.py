"""The code of the pages under docs/how_to, run as it stands there."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from ..commands.fuse_runs import read, write_candidates
from ..label_map_files import SIZE, label_values, save
from .pages import code_blocks, script


def test_own_rule(tmp_path: Path) -> None:
    candidates = write_candidates(tmp_path / "candidates", images=2, count=3)
    [(_, code)] = code_blocks("how_to/own_rule.md")
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    for image in ("image0", "image1"):
        largest = np.max([read(candidates / f"{image}__c{name}.nii.gz") for name in range(3)], axis=0)
        assert np.array_equal(read(tmp_path / "fused" / f"{image}.nii.gz"), largest)


@pytest.mark.skipif(os.name != "posix" or shutil.which("bash") is None, reason="the page's commands need bash")
def test_expert_labels(tmp_path: Path) -> None:
    write_candidates(tmp_path / "candidates", images=2, count=3)
    for number, folder in enumerate(("images", "images", "atlases/images")):
        save(tmp_path / folder / f"image{number}_0000.nii.gz", np.zeros(SIZE, np.float32))
    save(tmp_path / "atlases/labels/image2.nii.gz", label_values([1, 2]))
    (tmp_path / "labels.json").write_text(json.dumps({"background": 0, "core": 1, "tail": 2}))
    environment = os.environ | {f"nnUNet_{name}": str(tmp_path / name) for name in ("raw", "preprocessed", "results")}
    environment["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    commands = "set -euo pipefail\nds_fuse -i candidates -o fused\n" + script("how_to/expert_labels.md")
    subprocess.run(["bash", "-c", commands], cwd=tmp_path, env=environment, check=True)
    made = tmp_path / "raw/Dataset703_Together"
    cases = json.loads((made / "dataset.json").read_text(encoding="utf-8"))["dataset"]
    assert list(cases) == [f"image{number}__mine" for number in range(3)]
    assert np.array_equal(read(made / "labelsTr/image0__mine.nii.gz"), read(tmp_path / "fused/image0.nii.gz"))
    assert np.array_equal(read(made / "labelsTr/image2__mine.nii.gz"), label_values([1, 2]))
