"""From CrossMoDA's layout to a second network: prepared, registered, trained, fused, trained again, carried back."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.datasets.small_plans import SMALL, shrink
from nnunet_deepstaple.files.label_maps import read_label_map
from scripts.paint_crossmoda import main as paint_crossmoda
from scripts.prepare_crossmoda import main as prepare_crossmoda

from ..nnunet_runs import Workspace
from .commands import run_command
from .drawn import REAL, needs_real_contours

pytestmark = [
    pytest.mark.slow,
    needs_real_contours,
]

HEADS = 6
CANDIDATES = 2
SCORED, PLAIN = "nnUNetTrainerDeepSTAPLE_LRASPP_short", "nnUNetTrainer_LRASPP_short"


def test_from_crossmoda_to_a_second_network(tmp_path: Path) -> None:
    pytest.importorskip("convexAdam", reason="convexAdam is not installed")
    from scripts.register_convexadam import main as register_convexadam

    raw, prepared = tmp_path / "crossmoda", tmp_path / "prepared"
    counts = ("-sources", HEADS, "-targets", HEADS, "-spacing", 1, 1, 1.5)
    assert run_command(paint_crossmoda, "-i", REAL / "contours", "-o", raw, *counts) == 0
    given = ("-oracle", raw / "target_labels", "-sides", raw / "sides.csv", "-levels", 52, 76, "-votes", 3)
    assert run_command(prepare_crossmoda, "-i", raw, "-o", prepared, *given) == 0
    images = sorted(path.name.removesuffix("_0000.nii.gz") for path in (prepared / "images").iterdir())
    assert len(images) == HEADS

    candidates = prepared / "candidates"
    registered = ("-a", prepared / "atlases", "-o", candidates, "-k", CANDIDATES, "-niter", 10, "-disp_hw", 3)
    assert run_command(register_convexadam, "-i", prepared / "images", *registered) == 0
    assert len(list(candidates.iterdir())) == HEADS * CANDIDATES

    workspace = Workspace.within(tmp_path)
    workspace.run("ds_prepare", "-i", prepared / "images", "-l", candidates, "-d", 721, "-n", "Crops")
    train(workspace, 721, "Dataset721_Crops", SCORED)
    fused = tmp_path / "fused"
    paper = ("-score", "data_parameter", "-weights", "paper", "-d_out", "722_Fused")
    workspace.run("ds_fuse", "-i", workspace.raw / "Dataset721_Crops/labelsTr", "-o", fused, *paper)
    assert sorted(path.name for path in fused.glob("*.nii.gz")) == [f"{image}.nii.gz" for image in images]
    train(workspace, 722, "Dataset722_Fused", PLAIN)
    summary = json.loads(
        (workspace.fold("Dataset722_Fused", "2d", PLAIN) / "validation/summary.json").read_text(encoding="utf-8")
    )
    assert len(summary["metric_per_case"]) > 0

    assert (
        run_command(prepare_crossmoda, "--restore", "-i", fused, "-o", tmp_path / "whole", "-prepared", prepared) == 0
    )
    for path in (tmp_path / "whole").iterdir():
        labels, grid = read_label_map(path)
        truth, own = read_label_map(raw / "target_labels" / path.name.replace(".nii.gz", "_Label.nii.gz"))
        assert own.difference(grid, 1e-4) is None
        if labels.any():  # two registrations of little effort may miss each other
            places = [np.argwhere(one == 1).mean(axis=0)[::-1] * own.spacing for one in (labels, truth)]
            assert np.linalg.norm(np.subtract(*places)) < 20


def train(workspace: Workspace, number: int, dataset: str, trainer: str) -> None:
    """Plan, and train one of the paper's networks for a few iterations."""
    workspace.run("ds_plan_and_preprocess", "-d", number, "-c", "2d", "-np", 1)
    plans = json.loads((workspace.preprocessed / dataset / "nnUNetPlans.json").read_text(encoding="utf-8"))
    shrink(plans, "2d", (4, 8, 8), None, 4)
    (workspace.preprocessed / dataset / f"{SMALL}.json").write_text(json.dumps(plans))
    replace(workspace, plans=SMALL).train(number, "2d", trainer)
