"""The paper's networks through nnU-Net's own commands: trained, broken off, continued, and predicting."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import torch

from nnunet_deepstaple.datasets.small_plans import SMALL, shrink
from nnunet_deepstaple.scoring.visit_log import read_visit_log
from nnunet_deepstaple.trainers.lraspp.settings import SETTINGS

from ...nnunet_runs import Workspace
from ..kinds import write_data

pytestmark = pytest.mark.slow

DATASETS = {1: "Dataset716_OneChannel", 2: "Dataset717_TwoChannels"}
"""By the channels of their images."""

PATCH = {"2d": (32, 32), "3d_fullres": (16, 32, 32)}
BATCH = 2
EPOCHS, ITERATIONS, VAL_ITERATIONS = 3, 4, 6  # of the trainers in ext_trainers/lraspp.py
SCORED = "nnUNetTrainerDeepSTAPLE_LRASPP_short"
IN_LINE = "nnUNetTrainerDeepSTAPLE_LRASPP_inLine_short"
PLAIN = "nnUNetTrainer_LRASPP_short"
RUNS = {1: "2d", 2: "3d_fullres"}
"""What is trained on images with one channel, and with two."""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Datasets with one and with two channels, planned in 2d and 3d."""
    folder = tmp_path_factory.mktemp("lraspp")
    workspace = Workspace.within(folder)
    write_data(folder)
    (folder / "images_1").mkdir()
    for path in (folder / "images").glob("*_0001.nii.gz"):
        (folder / "images_1" / path.name.replace("_0001", "_0000")).symlink_to(path)
    (folder / "images_2").symlink_to(folder / "images")
    for channels, dataset in DATASETS.items():
        number, name = dataset.removeprefix("Dataset").split("_")
        source = ("-i", folder / f"images_{channels}", "-l", folder / "candidates", "-labels", folder / "classes.json")
        workspace.run("ds_prepare", *source, "-d", number, "-n", name)
        workspace.run("ds_plan_and_preprocess", "-d", number, "-c", RUNS[channels], "-np", 1)
        plans = json.loads((workspace.preprocessed / dataset / "nnUNetPlans.json").read_text(encoding="utf-8"))
        shrink(plans, RUNS[channels], (4, 8, 8), PATCH[RUNS[channels]], BATCH)
        (workspace.preprocessed / dataset / f"{SMALL}.json").write_text(json.dumps(plans))
    return workspace


def batches_of(fold: Path) -> list[dict]:
    return [json.loads(line) for line in (fold / "batches.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("channels", "configuration"), RUNS.items())
def test_trained_broken_off_continued_and_predicting(
    planned: Workspace, tmp_path: Path, channels: int, configuration: str
) -> None:
    number = int(DATASETS[channels].removeprefix("Dataset").split("_")[0])
    fold = planned.fold(DATASETS[channels], configuration, SCORED)
    planned.break_off_training(number, configuration, SCORED, at="Epoch 2", later=0.2, by=signal.SIGKILL)
    before = [batch for batch in batches_of(fold) if batch["epoch"] < 2]
    printed = planned.train(number, configuration, SCORED, "--c")
    assert "LR-ASPP: classes weigh" in printed
    assert "second forward pass" in printed

    batches = before + batches_of(fold)[-ITERATIONS:]
    settings = SETTINGS[len(PATCH[configuration])]
    expected = [
        settings.learning_rate * settings.rate(epoch, iteration, ITERATIONS)
        for epoch in range(EPOCHS)
        for iteration in range(ITERATIONS)
    ]
    assert [batch["epoch"] for batch in batches] == [epoch for epoch in range(EPOCHS) for _ in range(ITERATIONS)]
    assert [batch["rate"] for batch in batches] == expected
    upscaled = [round(side * settings.upscaling) for side in PATCH[configuration]]
    assert {tuple(batch["shape"]) for batch in batches} == {(BATCH, channels, *upscaled)}
    assert {batch["mirrored"] for batch in batches} == {None}
    assert np.isfinite([batch["loss"] for batch in batches]).all()

    log = read_visit_log(fold / "visits.gz")
    assert len(log.visits) == EPOCHS * BATCH * (ITERATIONS + VAL_ITERATIONS)
    assert (log.visits["voxels"] <= np.prod(upscaled)).all()
    assert (log.visits["voxels"] > np.prod(PATCH[configuration])).all()

    images = planned.raw.parent / f"images_{channels}"
    model = ("-d", number, "-c", configuration, "-tr", SCORED, "-p", SMALL, "-f", 0)
    planned.run("nnUNetv2_predict", "-i", images, "-o", tmp_path, *model, "-device", "cpu", "-npp", 1, "-nps", 1)
    # The trainer's own predictions of the same images, by the same network at the scale of the image.
    for path in (fold / "predictions").glob("*.nii.gz"):
        predicted, own = (sitk.GetArrayFromImage(sitk.ReadImage(str(one))) for one in (tmp_path / path.name, path))
        assert (predicted == own).mean() > 0.999


def test_in_line_with_a_backbone_from_a_file_that_the_user_names(
    planned: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.models import mobilenet_v3_large

    torch.save(mobilenet_v3_large(weights=None).state_dict(), tmp_path / "imagenet.pth")
    monkeypatch.setenv("nnUNet_lraspp_backbone", str(tmp_path / "imagenet.pth"))
    printed = planned.train(716, "2d", IN_LINE)
    assert "classes weigh" not in printed
    assert f"tensors of the backbone come from {tmp_path / 'imagenet.pth'}" in printed
    fold = planned.fold(DATASETS[1], "2d", IN_LINE)
    assert len(read_visit_log(fold / "visits.gz").visits) == EPOCHS * BATCH * (ITERATIONS + VAL_ITERATIONS)


def test_without_scores(planned: Workspace) -> None:
    printed = planned.train(717, "3d_fullres", PLAIN)
    assert "classes weigh" in printed
    fold = planned.fold(DATASETS[2], "3d_fullres", PLAIN)
    assert len(batches_of(fold)) == EPOCHS * ITERATIONS
    assert (fold / "validation" / "summary.json").exists()
    assert not (fold / "scores.csv").exists()


def test_a_batch_of_one_is_refused_in_3d(planned: Workspace) -> None:
    folder = planned.preprocessed / DATASETS[2]
    plans = json.loads((folder / f"{SMALL}.json").read_text(encoding="utf-8"))
    plans["configurations"]["3d_fullres"]["batch_size"] = 1
    (folder / "one.json").write_text(json.dumps(plans | {"plans_name": "one"}))
    with pytest.raises(AssertionError, match="plan batches of two samples or more"):
        replace(planned, plans="one").train(717, "3d_fullres", PLAIN)
