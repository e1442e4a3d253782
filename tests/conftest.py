import json
from dataclasses import replace
from pathlib import Path

import pytest

from nnunet_deepstaple.demo.data import write_data
from nnunet_deepstaple.demo.shrink_plans import SMALL, shrink

from .nnunet_runs import Workspace

DATASET = "Dataset701_Tiny"


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Workspace with the generated dataset 701, prepared, planned and preprocessed for 2d and 3d_fullres."""
    folder = tmp_path_factory.mktemp("nnunet")
    workspace = Workspace(*(folder / name for name in ("raw", "preprocessed", "results")))
    for path in (workspace.raw, workspace.preprocessed, workspace.results):
        path.mkdir()
    write_data(folder / "data", images=6, candidates=3, test_images=1, atlases=4)
    workspace.run("ds_prepare", "-i", folder / "data/images", "-l", folder / "data/candidates", "-d", 701, "-n", "Tiny")
    workspace.run("nnUNetv2_plan_and_preprocess", "-d", 701, "-c", "2d", "3d_fullres", "-np", 1, "-npfp", 1)
    folder = workspace.preprocessed / DATASET
    plans = json.loads((folder / "nnUNetPlans.json").read_text())
    shrink(plans, "2d", features=(4, 8, 8), patch=None, batch=2)
    shrink(plans, "3d_fullres", features=(4, 8, 8), patch=None, batch=2)
    (folder / f"{SMALL}.json").write_text(json.dumps(plans))
    return workspace


@pytest.fixture
def workspace(planned: Workspace, tmp_path: Path) -> Workspace:
    """The planned dataset with results of its own."""
    (tmp_path / "results").mkdir()
    return replace(planned, results=tmp_path / "results")
