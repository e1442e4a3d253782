"""The preprocessed folders of every kind of dataset are those that nnU-Net makes."""

import subprocess
import sys
from pathlib import Path

import blosc2
import numpy as np
import pytest

from ..nnunet_runs import Workspace
from .both_ways import STOCK
from .folders import differences
from .raw_kinds import KINDS, SPILLING

pytestmark = pytest.mark.slow

FOLDERS = [
    (name, f"nnUNetPlans_{configuration}")
    for name, kind in KINDS.items()
    for configuration in kind.configurations
    if configuration != "3d_cascade_fullres" and name != SPILLING
]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Preprocessed folders made by us, and those made by nnU-Net beside them."""
    workspace = Workspace.within(tmp_path_factory.mktemp("both"))
    command = [sys.executable, "-m", "tests.preprocess.both_ways"]
    root = Path(__file__).parents[3]
    run = subprocess.run(
        command, cwd=root, env=workspace.environment, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return workspace.preprocessed


@pytest.mark.parametrize(("dataset", "folder"), FOLDERS)
def test_the_folder_is_nnunets(both, dataset, folder):
    assert differences(both / dataset / folder, both / dataset / f"{folder}{STOCK}") == []
    assert (both / dataset / f"{folder}.notes").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize(("dataset", "folder"), FOLDERS)
def test_each_image_is_stored_once(both, dataset, folder):
    files = [path for path in (both / dataset / folder).glob("*.b2nd") if not path.name.endswith("_seg.b2nd")]
    assert len(files) == sum(KINDS[dataset].candidates)
    assert len({path.stat().st_ino for path in files}) == len(KINDS[dataset].candidates)


def test_labels_outside_the_nonzero_area_do_not_touch_the_image(both):
    folder = both / SPILLING / "nnUNetPlans_3d_fullres"
    stock = folder.with_name(f"{folder.name}{STOCK}")
    spilling = [f"scan__{number}__c0.b2nd" for number in range(3)]
    assert differences(folder, stock) == spilling
    for name in spilling:  # the image of a candidate that stays within the area
        ours, theirs = (
            blosc2.open(str(path), mode="r")[:] for path in (folder / name, stock / name.replace("c0", "c1"))
        )
        np.testing.assert_array_equal(ours, theirs)
    note = folder.with_name(f"{folder.name}.notes").read_text(encoding="utf-8")
    assert note.startswith("3 of 9 candidates have labels outside the nonzero area")


def test_labels_in_norm_is_nnunets_way(both):
    folder = both / SPILLING / "nnUNetPlans_3d_fullres"
    assert differences(folder.with_name(f"{folder.name}_with_labels"), folder.with_name(f"{folder.name}{STOCK}")) == []
