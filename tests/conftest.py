import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nnunet_deepstaple.datasets.small_plans import SMALL, shrink
from nnunet_deepstaple.demo.data import write_data

from .nnunet_runs import Workspace

DATASET = "Dataset701_Tiny"
STOCK, SCORED = "nnUNetTrainer_seeded", "nnUNetTrainerDeepSTAPLE_seeded"  # in ext_trainers/


TRAINED = {"tests/commands/test_score.py", "tests/trainers/test_training.py"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several processes (``-n 2``), each takes whole files, and one all those that share a training."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return "trained" if file in TRAINED else file

    return ByFile(config, log)


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Workspace with the generated dataset 701, prepared, planned and preprocessed for 2d and 3d_fullres."""
    folder = tmp_path_factory.mktemp("nnunet")
    workspace = Workspace.within(folder)
    write_data(folder / "data", images=6, candidates=3, test_images=1)
    workspace.run("ds_prepare", "-i", folder / "data/images", "-l", folder / "data/candidates", "-d", 701, "-n", "Tiny")
    workspace.run("nnUNetv2_plan_and_preprocess", "-d", 701, "-c", "2d", "3d_fullres", "-np", 1, "-npfp", 1)
    shrink_plans(workspace.preprocessed / DATASET, "2d", "3d_fullres")
    return workspace


def shrink_plans(folder: Path, *configurations: str) -> None:
    """Write plans that train in seconds beside those of a preprocessed dataset."""
    plans = json.loads((folder / "nnUNetPlans.json").read_text(encoding="utf-8"))
    for configuration in configurations:
        shrink(plans, configuration, features=(4, 8, 8), patch=None, batch=2)
    (folder / f"{SMALL}.json").write_text(json.dumps(plans))


@pytest.fixture(scope="session", params=["3d_fullres", "2d"])
def trained(request: pytest.FixtureRequest, planned: Workspace) -> tuple[Workspace, str]:
    """The planned dataset after a whole training in each configuration."""
    planned.train(701, request.param, SCORED)
    return planned, request.param


@pytest.fixture
def workspace(planned: Workspace, tmp_path: Path) -> Workspace:
    """The planned dataset with results of its own."""
    (tmp_path / "results").mkdir()
    return replace(planned, results=tmp_path / "results")
