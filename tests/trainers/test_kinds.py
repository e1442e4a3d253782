"""Every kind of training that nnU-Net knows, with its real commands, and what the scores are then worth.

2d and 3d_fullres with several classes and deep supervision are in test_training.py.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from nnunet_deepstaple.datasets.small_plans import SMALL, shrink
from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.files.soft_labels import CERTAIN, read_soft_labels, soft_labels_beside

from ..nnunet_runs import Workspace
from .kinds import BRIGHT, DARK, IMAGES, OFFSETS, check_counts, check_scores, write_data

pytestmark = pytest.mark.slow

CLASSES, REGIONS = "Dataset711_Classes", "Dataset712_Regions"
QUICK = "nnUNetTrainerDeepSTAPLE_quick"
COMPILED, ONE_HEAD = f"{QUICK}_compiled", f"{QUICK}_noDeepSupervision"
RESIDUAL = "nnUNetResEncUNetMPlans"
LOWRES, CASCADE = "3d_lowres", "3d_cascade_fullres"
EPOCHS, ITERATIONS, VAL_ITERATIONS = 3, 32, 12  # of the trainers in ext_trainers/kinds.py
BATCH_2D, BATCH_3D = 5, 2


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Workspace with the data prepared twice, with classes and with regions, and nothing planned."""
    folder = tmp_path_factory.mktemp("kinds")
    workspace = Workspace.within(folder)
    write_data(folder)
    for dataset, labels in ((CLASSES, "classes"), (REGIONS, "regions")):
        number, name = dataset.removeprefix("Dataset").split("_")
        source = ("-i", folder / "images", "-l", folder / "candidates", "-labels", folder / f"{labels}.json")
        workspace.run("ds_prepare", *source, "-d", number, "-n", name)
    return workspace


@pytest.fixture(scope="module")
def classes(kinds: Workspace) -> Workspace:
    """The dataset with classes, planned and preprocessed in 2d and 3d."""
    kinds.run("ds_plan_and_preprocess", "-d", 711, "-c", "2d", "-np", 1)
    write_small_plans(kinds.preprocessed / CLASSES, "nnUNetPlans")
    kinds.run("ds_preprocess", "-d", 711, "-p", SMALL, "-c", "3d_fullres", LOWRES, "-np", 1)
    return kinds


def write_small_plans(folder: Path, source: str) -> None:
    """Shrink plans, and give them a cascade, as nnU-Net plans one for larger images, which ends in batches of one."""
    plans = json.loads((folder / f"{source}.json").read_text(encoding="utf-8"))
    shrink(plans, "2d", (8, 16, 16, 16), None, BATCH_2D)
    shrink(plans, "3d_fullres", (8, 16, 16), None, BATCH_3D)
    plans["configurations"]["3d_fullres"]["batch_dice"] = True
    plans["configurations"] |= {
        LOWRES: {
            "inherits_from": "3d_fullres",
            "data_identifier": f"{plans['plans_name']}_{LOWRES}",
            "batch_dice": False,
            "spacing": [2.0, 2.0, 2.0],
            "patch_size": [8, 16, 16],
            "next_stage": CASCADE,
        },
        CASCADE: {"inherits_from": "3d_fullres", "previous_stage": LOWRES, "batch_size": 1},
    }
    (folder / f"{plans['plans_name']}.json").write_text(json.dumps(plans))


@pytest.fixture(scope="module")
def in_2d(classes: Workspace) -> Path:
    """Fold of a compiled training on two channels, with an ignore label, deep supervision and batch_dice."""
    classes.train(711, "2d", COMPILED)
    return classes.fold(CLASSES, "2d", COMPILED)


@pytest.fixture(scope="module")
def in_regions(kinds: Workspace) -> Path:
    """Fold of a training on regions, with a residual encoder."""
    kinds.run("ds_plan_and_preprocess", "-d", 712, "-c", "2d", "-np", 1, "-pl", "nnUNetPlannerResEncM")
    write_small_plans(kinds.preprocessed / REGIONS, RESIDUAL)
    residual = replace(kinds, plans=f"{RESIDUAL}_small")
    residual.train(712, "2d", QUICK)
    return residual.fold(REGIONS, "2d", QUICK)


@pytest.fixture(scope="module")
def in_first_stage(classes: Workspace) -> Path:
    """Fold of the cascade's first stage."""
    classes.train(711, LOWRES, QUICK, fold="all")
    return classes.fold(CLASSES, LOWRES, QUICK, fold="all")


@pytest.fixture(scope="module")
def in_second_stage(classes: Workspace, in_first_stage: Path) -> Path:
    """Fold of the cascade's second stage, trained with batches of one."""
    assert in_first_stage.is_dir()
    classes.train(711, CASCADE, QUICK, fold="all")
    return classes.fold(CLASSES, CASCADE, QUICK, fold="all")


def visits_of(batch: int) -> dict[str, int]:
    return {"train": EPOCHS * ITERATIONS * batch, "val": EPOCHS * VAL_ITERATIONS * batch}


def input_channels(fold: Path) -> int:
    """Channels that the network of a fold takes in."""
    weights = torch.load(fold / "checkpoint_final.pth", weights_only=False)["network_weights"]
    return next(weight.shape[1] for weight in weights.values() if weight.ndim > 3)


def debug_information(fold: Path) -> dict[str, str]:
    """What nnU-Net says of its trainer."""
    return json.loads((fold / "debug.json").read_text(encoding="utf-8"))


def test_several_channels(in_2d: Path) -> None:
    assert input_channels(in_2d) == 2
    check_scores(in_2d, **visits_of(BATCH_2D), trust=True)


def test_ignore_label(classes: Workspace, in_2d: Path) -> None:
    log = check_scores(in_2d, **visits_of(BATCH_2D), trust=True)
    assert log.labels == ["bright", "dark"]
    check_counts(log, classes.raw / CLASSES / "labelsTr", [[BRIGHT], [DARK]])


def test_batch_dice(in_2d: Path) -> None:
    """The loss pools the batch; the visits do not."""
    assert "'batch_dice': True" in debug_information(in_2d)["configuration_manager"]
    visits = check_scores(in_2d, **visits_of(BATCH_2D), trust=True).visits
    batches = visits.reshape(-1, BATCH_2D)
    assert (batches["iteration"] == batches["iteration"][:, :1]).all()
    assert all(len(set(costs)) > 1 for costs in batches["cost"])


def test_compiled(in_2d: Path) -> None:
    assert debug_information(in_2d)["network"] == "_StuckOptimizedModule"
    check_scores(in_2d, **visits_of(BATCH_2D), trust=True)


def test_deep_supervision_off(classes: Workspace, in_2d: Path) -> None:
    classes.train(711, "2d", ONE_HEAD)
    fold = classes.fold(CLASSES, "2d", ONE_HEAD)
    assert "DeepSupervision" in debug_information(in_2d)["loss"]
    assert "DeepSupervision" not in debug_information(fold)["loss"]
    log = check_scores(fold, **visits_of(BATCH_2D), trust=True)
    check_counts(log, classes.raw / CLASSES / "labelsTr", [[BRIGHT], [DARK]])


def test_regions(kinds: Workspace, in_regions: Path) -> None:
    log = check_scores(in_regions, **visits_of(BATCH_2D), trust=True)
    assert log.labels == ["ball", "dark"]
    check_counts(log, kinds.raw / REGIONS / "labelsTr", [[BRIGHT, DARK], [DARK]])


def test_regions_leave_soft_labels(in_regions: Path) -> None:
    """The region that is painted last is the label's share; the one below it has what that leaves."""
    predictions = sorted((in_regions / "predictions").glob("*.nii.gz"))
    assert [path.name.removesuffix(".nii.gz") for path in predictions] == IMAGES
    for path in predictions:
        labels, _ = read_label_map(path)
        shares = {BRIGHT: np.zeros(labels.shape, int), DARK: np.zeros(labels.shape, int)}
        for one in read_soft_labels(soft_labels_beside(path), labels.shape).labels:
            shares[one.label][one.box] = one.shares
        assert (shares[BRIGHT] + shares[DARK] <= CERTAIN + 1).all()
        assert (labels[shares[DARK] > CERTAIN / 2 + 1] == DARK).all()
        assert (shares[DARK][labels == DARK] >= CERTAIN / 2 - 1).all()


def test_residual_encoder(in_regions: Path) -> None:
    assert debug_information(in_regions)["network"] == "ResidualEncoderUNet"
    check_scores(in_regions, **visits_of(BATCH_2D), trust=True)


def test_lowres(in_first_stage: Path) -> None:
    log = check_scores(in_first_stage, train=visits_of(BATCH_3D)["train"], val=0)
    assert log.visits["voxels"].max() <= 8 * 16 * 16


def test_cascade(in_first_stage: Path, in_second_stage: Path) -> None:
    """The second stage finds the first one's prediction of an image under the name of each of its cases."""
    assert input_channels(in_second_stage) == 2 + 2
    check_scores(in_second_stage, train=visits_of(1)["train"], val=0)
    predicted = [path.name.split("__")[0] for path in (in_first_stage / "validation").glob("*.nii.gz")]
    assert sorted(predicted) == IMAGES
    shared = in_first_stage.parent / "predicted_next_stage" / CASCADE
    for image in IMAGES:
        assert len({(shared / f"{image}__{candidate}.b2nd").read_bytes() for candidate in OFFSETS}) == 1


def test_batch_of_one(in_second_stage: Path) -> None:
    (said,) = in_second_stage.glob("training_log_*.txt")
    assert "learn against a running mean over earlier batches" in said.read_text(encoding="utf-8")
    log = check_scores(in_second_stage, train=visits_of(1)["train"], val=0)
    assert log.settings.baseline == "running"
    assert len(np.unique(log.visits[["epoch", "iteration"]])) == len(log.visits)
