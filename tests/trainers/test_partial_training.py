"""A real training on candidates that do not annotate the same."""

import json
from pathlib import Path

import numpy as np
import pytest

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
    bright, dark = scores.column("agreement_bright"), scores.column("agreement_dark")
    for image in IMAGES:
        assert np.isfinite([bright[f"{image}__{name}"] for name in ("near", "far", "off")]).all()
        assert np.isfinite(dark[f"{image}__near"])
        assert np.isnan([dark[f"{image}__far"], dark[f"{image}__off"]]).all()


def test_the_network_learns_both_halves_though_few_cases_tell_them_apart(fold: Path) -> None:
    """The half that one of three candidates marks, and two leave out, is not trained away."""
    dark = read_scores(fold / "scores.csv").column("agreement_dark")
    assert np.mean([dark[f"{image}__near"] for image in IMAGES]) > 0.4
