"""A real training on candidates that do not annotate the same."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.scoring.scores import read_scores

from ..nnunet_runs import Workspace
from .kinds import BRIGHT, DARK, IMAGES, write_data
from .test_kinds import write_small_plans

pytestmark = pytest.mark.slow

DATASET = "Dataset713_Partial"
TRAINER = "nnUNetTrainerDeepSTAPLE_quick"
SOURCES = {
    "near": {"labels": {"bright": BRIGHT, "dark": DARK, "ignore": 3}},
    "far": {"labels": {"bright": BRIGHT, "ignore": 3}},
    "off": {"labels": {"ball": 1, "ignore": 3}, "means": {"ball": ["bright", "dark"]}},
}


@pytest.fixture(scope="module")
def partial(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One candidate marks both halves of a ball, one the bright half alone, and one the whole ball."""
    folder = tmp_path_factory.mktemp("partial")
    workspace = Workspace.within(folder)
    write_data(folder)
    for path in (folder / "candidates").iterdir():
        labels, geometry = read_label_map(path)
        if path.name.endswith("__far.nii.gz"):
            labels = np.where(labels == DARK, 0, labels)
        if path.name.endswith("__off.nii.gz"):
            labels = np.where(labels == DARK, 1, labels)
        write_label_map(labels, geometry, path)
    (folder / "sources.json").write_text(json.dumps(SOURCES))
    source = ("-i", folder / "images", "-l", folder / "candidates", "-sources", folder / "sources.json")
    workspace.run("ds_prepare", *source, "-d", 713, "-n", "Partial")
    workspace.run("nnUNetv2_plan_and_preprocess", "-d", 713, "-c", "2d", "-np", 1, "-npfp", 1)
    write_small_plans(workspace.preprocessed / DATASET, "nnUNetPlans")
    return workspace


@pytest.fixture(scope="module")
def fold(partial: Workspace) -> Path:
    partial.train(713, "2d", TRAINER)
    return partial.fold(DATASET, "2d", TRAINER)


def test_each_case_is_scored_on_what_it_annotates(fold: Path) -> None:
    scores = read_scores(fold / "scores.csv")
    found = {label: scores.column(f"agreement_{label}") for label in ("bright", "dark", "ball")}
    for image in IMAGES:
        of_near, of_far, of_off = (
            {label for label, agreement in found.items() if np.isfinite(agreement[f"{image}__{name}"])}
            for name in ("near", "far", "off")
        )
        assert (of_near, of_far, of_off) == ({"bright", "dark"}, {"bright"}, {"ball"})


def test_the_network_learns_both_halves_though_few_cases_tell_them_apart(fold: Path) -> None:
    """The half that one of three candidates marks, and two leave out, is not trained away."""
    dark = read_scores(fold / "scores.csv").column("agreement_dark")
    assert np.mean([dark[f"{image}__near"] for image in IMAGES]) > 0.4


def test_validation_counts_what_each_case_annotates(partial: Workspace) -> None:
    """All cases are validated: the final validation, and the running Dice, in which dark is never wrongly bright."""
    printed = partial.train(713, "2d", "nnUNetTrainerPartial_quick", fold="all")
    fold = partial.fold(DATASET, "2d", "nnUNetTrainerPartial_quick", "all")
    summary = json.loads((fold / "validation/summary.json").read_text(encoding="utf-8"))
    labels = {"near": ["1", "2"], "far": ["1"], "off": []}
    cases = {Path(one["reference_file"]).name.removesuffix(".nii.gz"): one for one in summary["metric_per_case"]}
    assert sorted(cases) == sorted(f"{image}__{name}" for image in IMAGES for name in labels)
    for case, one in cases.items():
        assert sorted(one["metrics"]) == labels[case.split("__")[1]]
    mean = np.mean([summary["mean"][label]["Dice"] for label in "12"])
    assert summary["foreground_mean"]["Dice"] == pytest.approx(mean)
    assert f"over what each case annotates it is {mean:.4f}" in printed
    logged = torch.load(fold / "checkpoint_final.pth", weights_only=False)["logging"]["dice_per_class_or_region"]
    assert logged[-1][1] > 0.55  # at most 0.5 if the dark half of two thirds of the cases were taken for an error
