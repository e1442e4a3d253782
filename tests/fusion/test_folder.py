"""The Python side of ds_fuse; what its users see is tested in tests/commands/test_fuse.py."""

import json

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.fusion.decision.consensus import Consensus
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request

from ..label_map_files import label_values, save


def any_vote(votes, weights):
    """A rule of one's own: foreground wherever any candidate has it."""
    labels = votes.patterns.max(axis=1)
    return Consensus(labels, np.eye(votes.n_labels)[labels], weights.of_voters, warnings=("this rule is generous",))


def candidates(folder):
    for name in range(3):
        save(folder / f"x__{name}.nii.gz", np.roll(label_values((1,)), name, axis=2))
    return folder


def test_a_rule_of_ones_own(tmp_path):
    summary = fuse_folder(Request([candidates(tmp_path / "c")], tmp_path / "fused", rule=any_vote))
    fused = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "fused/x.nii.gz")))
    expected = np.max([np.roll(label_values((1,)), k, axis=2) for k in range(3)], axis=0)
    assert np.array_equal(fused, expected)
    assert summary.images["x"].warnings == ["this rule is generous"]
    assert (
        json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))["rule"]
        == "tests.fusion.test_folder.any_vote"
    )


def test_the_record_of_an_image(tmp_path):
    summary = fuse_folder(Request([candidates(tmp_path / "c")], tmp_path / "fused", rule="simple"))
    record = summary.images["x"]
    assert record.candidates == ["0", "1", "2"]
    assert np.isclose(sum(record.weights), 1)
    assert 1 <= record.effective_candidates <= 3
    assert record.voxels["0"] + record.voxels["1"] == label_values().size
    assert record.volume["1"] == record.voxels["1"] * 3  # voxels of 1 × 1.5 × 2 mm
    assert record.convergence["converged"]
    assert len(record.quality["dice"]) == 3


def test_what_was_decided_is_said(tmp_path):
    said = []
    fuse_folder(Request([candidates(tmp_path / "c")], tmp_path / "fused"), said.append)
    assert said == ["no scores.csv found, so the rule is spectral"]


def test_progress(tmp_path):
    titles = []

    def progress(items, title, length):
        titles.append((title, length))
        return items

    fuse_folder(Request([candidates(tmp_path / "c")], tmp_path / "fused"), progress=progress)
    assert titles == [("Checking", 1), ("Fusing", 1)]
