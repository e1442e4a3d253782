"""-d_out: a raw dataset of the consensus."""

import json

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request

from ..label_map_files import image_values, label_values, save


@pytest.fixture
def nnunet(tmp_path, monkeypatch):
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    return tmp_path


@pytest.fixture
def raw(nnunet):
    """Raw dataset of two images with three candidates each, as ds_prepare writes it."""
    folder = nnunet / "nnUNet_raw/Dataset701_Mine"
    dataset = {}
    for image in ("p1", "p2"):
        save(nnunet / f"scans/{image}_0000.nii.gz", image_values())
        for name in "abc":
            save(folder / f"labelsTr/{image}__{name}.nii.gz", label_values())
            dataset[f"{image}__{name}"] = {
                "images": [str(nnunet / f"scans/{image}_0000.nii.gz")],
                "label": f"labelsTr/{image}__{name}.nii.gz",
            }
    content = {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "liver": 1, "spleen": 2},
        "numTraining": 6,
        "file_ending": ".nii.gz",
        "dataset": dataset,
    }
    (folder / "dataset.json").write_text(json.dumps(content))
    return folder


def fuse(folders, output, **options):
    return fuse_folder(Request(folders, output, rule="majority", dataset="702_Fused", **options))


def dataset_json(nnunet):
    return json.loads((nnunet / "nnUNet_raw/Dataset702_Fused/dataset.json").read_text(encoding="utf-8"))


def test_from_a_raw_dataset(raw, nnunet):
    summary = fuse([raw / "labelsTr"], nnunet / "fused")
    folder = nnunet / "nnUNet_raw/Dataset702_Fused"
    assert summary.dataset == folder
    content = dataset_json(nnunet)
    assert content["labels"] == {"background": 0, "liver": 1, "spleen": 2}
    assert content["channel_names"] == {"0": "CT"}
    assert content["numTraining"] == 2
    assert content["dataset"]["p1"] == {
        "images": [str(nnunet / "scans/p1_0000.nii.gz")],
        "label": "labelsTr/p1.nii.gz",
    }
    for image in ("p1", "p2"):
        fused = (nnunet / f"fused/{image}.nii.gz").read_bytes()
        assert (folder / f"labelsTr/{image}.nii.gz").read_bytes() == fused


def test_ignore_label_is_declared(raw, nnunet):
    fuse([raw / "labelsTr"], nnunet / "fused", ignore_below=0.5)
    assert dataset_json(nnunet)["labels"] == {"background": 0, "liver": 1, "spleen": 2, "ignore": 3}


def test_from_predictions(nnunet):
    for image in ("p1", "p2"):
        save(nnunet / f"scans/{image}_0000.nii.gz", image_values())
        save(nnunet / f"scans/{image}_0001.nii.gz", image_values(1))
        for name in "ab":
            save(nnunet / name / f"{image}.nii.gz", label_values())
    for name in "ab":
        arguments = {"list_of_lists_or_source_folder": str(nnunet / "scans")}
        (nnunet / name / "predict_from_raw_data_args.json").write_text(json.dumps(arguments))
    fuse([nnunet / "a", nnunet / "b"], nnunet / "fused")
    content = dataset_json(nnunet)
    assert content["labels"] == {"background": 0, "label_1": 1, "label_2": 2}
    assert content["dataset"]["p2"]["images"] == [str(nnunet / f"scans/p2_{c:04d}.nii.gz") for c in (0, 1)]


def test_from_predictions_of_lists(nnunet):
    image = save(nnunet / "scans/p1_0000.nii.gz", image_values())
    save(nnunet / "preds/a/p1.nii.gz", label_values())
    arguments = {"list_of_lists_or_source_folder": [[str(image)]]}
    (nnunet / "preds/a/predict_from_raw_data_args.json").write_text(json.dumps(arguments))
    fuse([nnunet / "preds"], nnunet / "fused")
    assert dataset_json(nnunet)["dataset"]["p1"]["images"] == [str(image)]


def refused(message, folders, output, **options):
    with pytest.raises(InputError, match=message):
        fuse(folders, output, **options)
    assert not output.exists()


def test_images_that_nobody_names(nnunet):
    save(nnunet / "c/p1__a.nii.gz", label_values())
    refused("does not know the image of 'p1'", [nnunet / "c"], nnunet / "fused")


def test_an_image_that_is_gone(raw, nnunet):
    (nnunet / "scans/p2_0000.nii.gz").unlink()
    refused("p2_0000.nii.gz.* is missing", [raw / "labelsTr"], nnunet / "fused")


def test_an_id_in_use(raw, nnunet):
    (nnunet / "nnUNet_results/Dataset702_Other").mkdir(parents=True)
    refused("702 is in use", [raw / "labelsTr"], nnunet / "fused")


def test_a_label_that_has_no_name(raw, nnunet):
    save(raw / "labelsTr/p2__c.nii.gz", label_values((1, 2, 3)))
    refused("label 3, which .*Dataset701_Mine/dataset.json does not name", [raw / "labelsTr"], nnunet / "fused")


def test_labels_that_are_not_consecutive(nnunet):
    image = save(nnunet / "scans/p1_0000.nii.gz", image_values())
    save(nnunet / "preds/a/p1.nii.gz", label_values((2, 5)))
    arguments = {"list_of_lists_or_source_folder": [[str(image)]]}
    (nnunet / "preds/a/predict_from_raw_data_args.json").write_text(json.dumps(arguments))
    refused("not consecutive", [nnunet / "preds"], nnunet / "fused")


def test_parts_write_it_when_all_are_done(raw, nnunet):
    assert fuse([raw / "labelsTr"], nnunet / "fused", part=(0, 2)).dataset is None
    assert fuse([raw / "labelsTr"], nnunet / "fused", part=(1, 2)).dataset is not None
    assert sorted(path.name for path in (nnunet / "nnUNet_raw/Dataset702_Fused/labelsTr").iterdir()) == [
        "p1.nii.gz",
        "p2.nii.gz",
    ]


def test_the_consensus_keeps_its_geometry(raw, nnunet):
    fuse([raw / "labelsTr"], nnunet / "fused")
    label = sitk.ReadImage(str(nnunet / "nnUNet_raw/Dataset702_Fused/labelsTr/p1.nii.gz"))
    image = sitk.ReadImage(str(nnunet / "scans/p1_0000.nii.gz"))
    assert np.allclose(label.GetOrigin(), image.GetOrigin())
    assert label.GetSize() == image.GetSize()
