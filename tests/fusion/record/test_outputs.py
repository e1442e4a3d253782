import json
import pickle
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request

from ...label_map_files import label_values, save

LABELS = {"background": 0, "one": 1, "two": 2}


def predictions(folder, count=3):
    """Outputs of nnUNetv2_predict, as far as nnUNetv2_ensemble looks at them."""
    for name in range(count):
        save(folder / f"m{name}/x.nii.gz", np.roll(label_values(), name, axis=2))
        plans = {
            "dataset_name": "Dataset701_Mine",
            "image_reader_writer": "SimpleITKIO",
            "label_manager": "LabelManager",
            "transpose_forward": [0, 1, 2],
            "transpose_backward": [0, 1, 2],
            "configurations": {},
        }
        dataset = {"channel_names": {"0": "CT"}, "labels": LABELS, "numTraining": 1, "file_ending": ".nii.gz"}
        (folder / f"m{name}/plans.json").write_text(json.dumps(plans))
        (folder / f"m{name}/dataset.json").write_text(json.dumps(dataset))
    return [folder / f"m{name}" for name in range(count)]


def fuse(folders, output, rule="majority"):
    fuse_folder(Request(folders, output, rule=rule, save_probabilities=True))


def test_what_ensembling_needs_is_copied(tmp_path):
    fuse(predictions(tmp_path), tmp_path / "fused")
    assert json.loads((tmp_path / "fused/dataset.json").read_text(encoding="utf-8"))["labels"] == LABELS
    assert (
        json.loads((tmp_path / "fused/plans.json").read_text(encoding="utf-8"))["image_reader_writer"] == "SimpleITKIO"
    )


def test_properties_of_a_prediction_are_kept(tmp_path):
    folders = predictions(tmp_path)
    (folders[0] / "x.pkl").write_bytes(pickle.dumps({"from": "nnU-Net"}))
    fuse(folders, tmp_path / "fused")
    assert pickle.loads((tmp_path / "fused/x.pkl").read_bytes()) == {"from": "nnU-Net"}


def test_a_label_that_an_image_lacks_has_its_channel(tmp_path):
    folders = predictions(tmp_path, 2)
    for folder in folders:
        save(folder / "y.nii.gz", label_values((2,)))
    fuse(folders, tmp_path / "fused")
    probabilities = np.load(tmp_path / "fused/y.npz")["probabilities"]
    assert probabilities.shape == (3, *label_values().shape)
    assert not probabilities[1].any()


@pytest.mark.slow
def test_nnunet_ensembles_two_fusions(tmp_path):
    folders = predictions(tmp_path)
    fuse(folders, tmp_path / "one")
    fuse(folders, tmp_path / "two", "staple")
    script = "from nnunetv2.ensembling.ensemble import entry_point_ensemble_folders as main; main()"
    command = [sys.executable, "-c", script, "-np", "1", "-o", tmp_path / "out", "-i"]
    subprocess.run([*command, tmp_path / "one", tmp_path / "two"], check=True, capture_output=True)
    total = sum(np.load(tmp_path / f"{name}/x.npz")["probabilities"] for name in ("one", "two"))
    ensemble = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out/x.nii.gz")))
    assert np.array_equal(ensemble, total.argmax(axis=0))
