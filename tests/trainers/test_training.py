"""Real trainings: from a planned dataset to scores.csv, interrupted and continued."""

import csv
import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import torch

from nnunet_deepstaple.files.soft_labels import CERTAIN, read_soft_labels, soft_labels_beside
from nnunet_deepstaple.scoring.origin import Origin, changed_labels
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.scoring.scores import read_scores
from nnunet_deepstaple.scoring.tally import Tally
from nnunet_deepstaple.scoring.visit_log import read_visit_log
from nnunet_deepstaple.trainers.sampled import shares

from ..conftest import DATASET, SCORED, STOCK
from ..nnunet_runs import Workspace

pytestmark = pytest.mark.slow

ONE_PASS, IN_LINE = "nnUNetTrainerDeepSTAPLE_seeded_onePass", "nnUNetTrainerDeepSTAPLE_seeded_inLine"
SAMPLED = "nnUNetTrainerDeepSTAPLE_seeded_sampled"
PARTIAL = "nnUNetTrainerPartial_seeded"
EPOCHS, ITERATIONS, VAL_ITERATIONS, BATCH = 5, 24, 16, 2  # of the trainers in ext_trainers/seeded.py


def series_of(fold: Path) -> dict[str, list[float]]:
    """What DeepSTAPLE told nnU-Net's logger."""
    logged = torch.load(fold / "checkpoint_final.pth", weights_only=False)["logging"]
    return {name: values for name, values in logged.items() if name.startswith("deepstaple/")}


def labels_in(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def rows_of(fold: Path) -> list[dict[str, str]]:
    with (fold / "scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_is_scored(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    rows = rows_of(workspace.fold(DATASET, configuration, SCORED))
    assert len(rows) == 6 * 3
    header = "case,image,candidate,split,visits,data_parameter,agreement,mean_cost,foreground_voxels,"
    assert ",".join(rows[0]) == header + "agreement_head,agreement_tail,agreement_core"
    visits = {split: [int(row["visits"]) for row in rows if row["split"] == split] for split in ("train", "val")}
    assert sum(visits["train"]) == EPOCHS * ITERATIONS * BATCH
    assert sum(visits["val"]) == EPOCHS * VAL_ITERATIONS * BATCH
    visited = [row for row in rows if int(row["visits"]) > 1]
    assert len({row["data_parameter"] for row in visited}) > len(visited) // 2
    assert all(0 <= float(row["agreement"]) <= 1 for row in rows if row["agreement"])
    assert all(float(row["foreground_voxels"]) > 0 for row in visited)


def test_the_scores_say_what_they_are_of(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    origin = Origin.read(fold)
    assert origin is not None
    assert origin.ended
    assert origin.epoch == EPOCHS
    raw = workspace.raw / DATASET / "labelsTr"
    assert changed_labels([fold], {case: raw / f"{case}.nii.gz" for case in origin.labels}) == []
    assert sorted(origin.labels) == sorted(row["case"] for row in rows_of(fold))


def test_candidates_of_one_image_stay_in_one_split(trained: tuple[Workspace, str]) -> None:
    workspace, _ = trained
    splits = json.loads((workspace.preprocessed / DATASET / "splits_final.json").read_text(encoding="utf-8"))
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


def test_predictions_of_every_image_are_left_to_vote(trained: tuple[Workspace, str], tmp_path: Path) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    rows = rows_of(fold)
    predictions = {path.name.removesuffix(".nii.gz"): path for path in (fold / "predictions").glob("*.nii.gz")}
    assert sorted(predictions) == sorted({row["image"] for row in rows})
    assert len(list((fold / "predictions").iterdir())) == 2 * len(predictions)  # and soft labels beside each
    for validated in (fold / "validation").glob("*.nii.gz"):
        assert predictions[validated.name.split("__")[0]].read_bytes() == validated.read_bytes()
    candidates = tmp_path / "candidates"  # one of each image: a single candidate takes no weight from the prediction
    candidates.mkdir()
    cases = {row["image"]: row["case"] for row in rows}.values()
    for case in cases:
        shutil.copy(workspace.raw / DATASET / f"labelsTr/{case}.nii.gz", candidates)
    table = tmp_path / "scores.csv"  # after so few visits some cases have no agreement yet
    table.write_text("case,agreement\n" + "".join(f"{case},0.5\n" for case in cases))
    given = ("-s", table, "-predictions", fold / "predictions")
    printed = workspace.run("ds_fuse", "-i", candidates, *given, "-prediction_weight", 9, "-o", tmp_path / "fused")
    assert f"{fold / 'predictions'} vote too, with weight 9" in printed
    voted = json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))["images"]
    assert {image: entry["soft"] for image, entry in voted.items()} == {
        image: ["fold_0/predictions"] for image in predictions
    }


def test_soft_labels_lie_beside_the_predictions(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    for path in (fold / "predictions").glob("*.nii.gz"):
        labels = labels_in(path)
        soft = read_soft_labels(soft_labels_beside(path), labels.shape)
        shares = np.zeros((4, *labels.shape), int)
        for one in soft.labels:
            shares[one.label][one.box] = one.shares
        shares[0] = CERTAIN - shares.sum(axis=0)
        of_label = np.take_along_axis(shares, labels[np.newaxis].astype(int), 0)[0]
        assert (of_label >= shares.max(axis=0) - len(shares)).all()  # rounded, label by label
        assert len(np.unique(of_label)) > 50
    kept = {"".join(path.suffixes) for path in (fold / "validation").iterdir()}
    assert kept == {".nii.gz", ".json"}


def test_broken_off_and_continued_is_unbroken(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    """Ctrl-C (3d) or kill -9 (2d) in mid-epoch, a log cut off in mid-write, then --c: the very same scores."""
    reference, configuration = trained
    how = {"3d_fullres": signal.SIGINT, "2d": signal.SIGKILL}[configuration]
    workspace.break_off_training(701, configuration, SCORED, at="Epoch 3", later=0.5, by=how)
    fold = workspace.fold(DATASET, configuration, SCORED)
    assert sum(int(row["visits"]) for row in rows_of(fold)) == 3 * BATCH * (ITERATIONS + VAL_ITERATIONS)
    with (fold / "visits.gz").open("ab") as log:
        log.write(b"\x1f\x8b\x08 the beginning of an epoch")
    printed = workspace.train(701, configuration, SCORED, "--c")
    assert "visits.gz was cut off in mid-write; its last 29 bytes are left out" in printed
    expected = reference.fold(DATASET, configuration, SCORED)
    assert rows_of(fold) == rows_of(expected)
    np.testing.assert_array_equal(
        read_visit_log(fold / "visits.gz").visits, read_visit_log(expected / "visits.gz").visits
    )
    np.testing.assert_equal(series_of(fold), series_of(expected))


def test_progress_goes_to_nnunets_logger_and_into_a_picture(trained: tuple[Workspace, str]) -> None:
    workspace, configuration = trained
    fold = workspace.fold(DATASET, configuration, SCORED)
    series = series_of(fold)
    assert {len(values) for values in series.values()} == {EPOCHS}
    agreement = [float(row["agreement"]) for row in rows_of(fold) if row["agreement"]]
    assert min(agreement) <= series["deepstaple/agreement"][-1] <= max(agreement)
    assert 1 <= series["deepstaple/data_parameter_effective_candidates"][-1] <= 3
    assert (fold / "deepstaple_progress.png").stat().st_mtime >= (fold / "checkpoint_best.pth").stat().st_mtime - 60


@pytest.mark.parametrize("trained", ["2d"], indirect=True)
def test_in_line_the_scores_weight_the_network(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    reference, configuration = trained
    printed = workspace.train(701, configuration, IN_LINE)
    assert "in line, the network learns from a sample as far as θ trusts its candidate" in printed
    fold = workspace.fold(DATASET, configuration, IN_LINE)
    log = read_visit_log(fold / "visits.gz")
    theta = dict(zip(log.cases, Replay.of(log).data_parameters, strict=True))
    scores = read_scores(fold / "scores.csv").column("data_parameter")
    visited = [log.cases[number] for number in set(log.visits["case"])]
    assert {case: scores[case] for case in visited} == pytest.approx({case: theta[case] for case in visited}, abs=1e-6)
    assert len(log.visits) == EPOCHS * BATCH * (ITERATIONS + VAL_ITERATIONS)
    first = read_visit_log(reference.fold(DATASET, configuration, SCORED) / "visits.gz").visits
    np.testing.assert_array_equal(log.visits["case"], first["case"])
    assert not np.array_equal(log.visits["cost"], first["cost"])


@pytest.mark.parametrize("trained", ["2d"], indirect=True)
def test_sampled_the_trust_earned_so_far_draws_the_cases(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    """Killed after the warm-up and continued, it draws what a whole training of the same seeds draws."""
    reference, configuration = trained
    workspace.break_off_training(701, configuration, SAMPLED, at="Epoch 3", later=0.5, by=signal.SIGKILL)
    printed = workspace.train(701, configuration, SAMPLED, "--c")
    assert "cases are drawn alike up to epoch 2, and then by the trust they have earned" in printed
    reference.train(701, configuration, SAMPLED)
    fold, whole = (where.fold(DATASET, configuration, SAMPLED) for where in (workspace, reference))
    log, unbroken = read_visit_log(fold / "visits.gz"), read_visit_log(whole / "visits.gz")
    np.testing.assert_array_equal(log.visits, unbroken.visits)
    assert rows_of(fold) == rows_of(whole)
    tally = Tally(len(log.cases), len(log.labels))
    for epoch in range(EPOCHS):
        visits = log.visits[log.visits["epoch"] == epoch]
        drawn = visits["case"][visits["case"] < len(log.train)]
        share = shares(log.train, dict(zip(log.cases, tally.agreement()[0], strict=True)))
        expected, alike = (share**2).sum() / share.sum(), share.mean()
        assert share[drawn].mean() == pytest.approx(expected if epoch >= 2 else alike, rel=0.3), epoch
        tally.add(visits)


def test_the_network_is_the_stock_trainers(trained: tuple[Workspace, str], workspace: Workspace) -> None:
    """With the same seeds, both trainers leave the very weights of nnU-Net's own, where cases annotate everything."""
    reference, configuration = trained
    for trainer in (STOCK, PARTIAL):
        workspace.train(701, configuration, trainer)
    stock, partial, scored = (
        torch.load(where.fold(DATASET, configuration, trainer) / "checkpoint_final.pth", weights_only=False)
        for where, trainer in ((workspace, STOCK), (workspace, PARTIAL), (reference, SCORED))
    )
    for others in (partial, scored):
        assert stock["network_weights"].keys() == others["network_weights"].keys()
        for name, weights in stock["network_weights"].items():
            assert torch.equal(weights, others["network_weights"][name]), name


def test_fold_all_counts_only_training_visits(workspace: Workspace) -> None:
    printed = workspace.train(701, "2d", ONE_PASS, fold="all")
    assert "fold 'all' validates on training cases" in printed
    rows = rows_of(workspace.fold(DATASET, "2d", ONE_PASS, "all"))
    assert {row["split"] for row in rows} == {"train"}
    assert sum(int(row["visits"]) for row in rows) == EPOCHS * ITERATIONS * BATCH
    predicted = workspace.fold(DATASET, "2d", ONE_PASS, "all") / "validation"
    assert len(list(predicted.glob("*.nii.gz"))) == 6
