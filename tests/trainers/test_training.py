"""Real trainings: from a planned dataset to scores.csv, interrupted and continued."""

import csv
import json
import signal
from pathlib import Path

import pytest
import torch

from nnunet_deepstaple.scores import read_scores
from nnunet_deepstaple.trainers.replay import Replay
from nnunet_deepstaple.trainers.visit_log import read_visit_log

from ..conftest import DATASET, SCORED, STOCK
from ..nnunet_runs import Workspace

pytestmark = pytest.mark.slow

ONE_PASS = "nnUNetTrainerDeepSTAPLE_seeded_onePass"
EPOCHS, ITERATIONS, VAL_ITERATIONS, BATCH = 5, 24, 16, 2  # of the trainers in ext_trainers/seeded.py


def rows_of(fold: Path) -> list[dict[str, str]]:
    with (fold / "scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_is_scored(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    rows = rows_of(workspace.fold(DATASET, configuration, SCORED))
    assert len(rows) == 6 * 3
    assert list(rows[0])[:9] == [
        "case",
        "image",
        "candidate",
        "split",
        "visits",
        "data_parameter",
        "agreement",
        "mean_cost",
        "foreground_voxels",
    ]
    assert list(rows[0])[9:] == ["agreement_head", "agreement_tail", "agreement_core"]
    visits = {split: [int(row["visits"]) for row in rows if row["split"] == split] for split in ("train", "val")}
    assert sum(visits["train"]) == EPOCHS * ITERATIONS * BATCH
    assert sum(visits["val"]) == EPOCHS * VAL_ITERATIONS * BATCH
    visited = [row for row in rows if int(row["visits"]) > 1]
    assert len({row["data_parameter"] for row in visited}) > len(visited) // 2
    assert all(0 <= float(row["agreement"]) <= 1 for row in rows if row["agreement"])
    assert all(float(row["foreground_voxels"]) > 0 for row in visited)


def test_candidates_of_one_image_stay_in_one_split(trained: tuple[Workspace, str]) -> None:
    workspace, _ = trained
    splits = json.loads((workspace.preprocessed / DATASET / "splits_final.json").read_text())
    for split in splits:
        train, val = ({case.split("__")[0] for case in split[part]} for part in ("train", "val"))
        assert train
        assert val
        assert not train & val


def test_the_log_gives_the_scores(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    log = read_visit_log(fold / "visits.gz")
    theta = dict(zip(log.cases, Replay.of(log).data_parameters, strict=True))
    scores = read_scores(fold / "scores.csv").column("data_parameter")
    visited = [log.cases[number] for number in set(log.visits["case"])]
    assert {case: scores[case] for case in visited} == pytest.approx({case: theta[case] for case in visited}, abs=1e-6)


def test_final_validation_predicts_each_image_once(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    rows = rows_of(fold)
    predicted = [path.name.removesuffix(".nii.gz") for path in (fold / "validation").glob("*.nii.gz")]
    images = {row["image"] for row in rows if row["split"] == "val"}
    assert sorted(case.split("__")[0] for case in predicted) == sorted(images)
    assert (fold / "validation" / "summary.json").exists()


def test_interrupted_and_continued_is_uninterrupted(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    """Ctrl-C in epoch 3, after a checkpoint, then --c: the very same scores, visit by visit."""
    reference, configuration = trained
    workspace.break_off_training(701, configuration, SCORED, at="Epoch 3", by=signal.SIGINT)
    fold = workspace.fold(DATASET, configuration, SCORED)
    assert sum(int(row["visits"]) for row in rows_of(fold)) == 3 * BATCH * (ITERATIONS + VAL_ITERATIONS)
    workspace.train(701, configuration, SCORED, "--c")
    expected = reference.fold(DATASET, configuration, SCORED)
    assert rows_of(fold) == rows_of(expected)


def test_the_network_is_the_stock_trainers(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    """With the same seeds, DeepSTAPLE leaves the very weights that nnU-Net's own trainer ends with."""
    reference, configuration = trained
    workspace.train(701, configuration, STOCK)
    stock, scored = (
        torch.load(where.fold(DATASET, configuration, trainer) / "checkpoint_final.pth", weights_only=False)
        for where, trainer in ((workspace, STOCK), (reference, SCORED))
    )
    assert stock["network_weights"].keys() == scored["network_weights"].keys()
    for name, weights in stock["network_weights"].items():
        assert torch.equal(weights, scored["network_weights"][name]), name


def test_fold_all_counts_only_training_visits(workspace: Workspace) -> None:
    printed = workspace.train(701, "2d", ONE_PASS, fold="all")
    assert "fold 'all' validates on training cases" in printed
    rows = rows_of(workspace.fold(DATASET, "2d", ONE_PASS, "all"))
    assert {row["split"] for row in rows} == {"train"}
    assert sum(int(row["visits"]) for row in rows) == EPOCHS * ITERATIONS * BATCH
    predicted = workspace.fold(DATASET, "2d", ONE_PASS, "all") / "validation"
    assert len(list(predicted.glob("*.nii.gz"))) == 6
