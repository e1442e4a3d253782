import json

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.datasets.prepare import PrepareRequest, check, write
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.label_maps import read_label_map

from ..label_map_files import SPACING, image_values, label_values, save


def quiet(items, *_):
    return items


@pytest.fixture
def data(tmp_path):
    """Two images of two channels, two candidates each, flat."""
    for image in ("a", "b"):
        for channel in range(2):
            save(tmp_path / "images" / f"{image}_000{channel}.nii.gz", image_values(channel))
        for candidate in ("x", "y"):
            save(tmp_path / "candidates" / f"{image}__{candidate}.nii.gz", label_values())
    return tmp_path


def prepare(data, labels=None, layout=None, folders=("candidates",)):
    preparation = check(PrepareRequest(data / "images", [data / name for name in folders], layout, labels), quiet)
    write(preparation, data / "raw" / "Dataset701_A", quiet)
    return preparation, json.loads((data / "raw" / "Dataset701_A" / "dataset.json").read_text(encoding="utf-8"))


def test_every_pair_becomes_a_case(data):
    preparation, dataset = prepare(data)
    assert list(dataset["dataset"]) == ["a__x", "a__y", "b__x", "b__y"]
    assert dataset["dataset"]["b__x"]["images"] == [
        str(data / "images" / f"b_000{channel}.nii.gz") for channel in (0, 1)
    ]
    assert dataset["labels"] == {"background": 0, "label_1": 1, "label_2": 2}
    assert dataset["channel_names"] == {"0": "channel_0", "1": "channel_1"}
    assert preparation.rewritten == set()
    for path in (data / "candidates").iterdir():
        assert (data / "raw" / "Dataset701_A" / "labelsTr" / path.name).read_bytes() == path.read_bytes()


def test_other_layouts_give_the_same_cases(data):
    _, flat = prepare(data)
    for path in (data / "candidates").iterdir():
        image, candidate = path.name.removesuffix(".nii.gz").split("__")
        for copy in (
            data / "by_candidate" / candidate / f"{image}.nii.gz",
            data / "by_image" / image / f"{candidate}.nii.gz",
        ):
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for number, (layout, folders) in enumerate(
        [
            (None, ["by_candidate"]),
            (None, ["by_candidate/x", "by_candidate/y"]),
            ("by_image", ["by_image"]),
        ]
    ):
        preparation = check(PrepareRequest(data / "images", [data / name for name in folders], layout, None), quiet)
        folder = data / "raw" / f"Dataset80{number}_A"
        write(preparation, folder, quiet)
        assert json.loads((folder / "dataset.json").read_text(encoding="utf-8")) == flat


def test_float_noise_and_other_endings_are_rewritten(data):
    noisy = save(data / "candidates" / "a__x.nii.gz", label_values(), origin=(3.0005, -4.0, 5.0))
    (data / "candidates" / "b__y.nii.gz").unlink()
    save(data / "candidates" / "b__y.nrrd", label_values(dtype=np.int32))
    preparation, _ = prepare(data)
    assert preparation.rewritten == {"a__x", "b__y"}
    image = sitk.ReadImage(str(data / "images" / "a_0000.nii.gz"))
    for case in ("a__x", "b__y"):
        written = sitk.ReadImage(str(data / "raw" / "Dataset701_A" / "labelsTr" / f"{case}.nii.gz"))
        assert written.GetOrigin() == image.GetOrigin()
        np.testing.assert_array_equal(sitk.GetArrayFromImage(written), read_label_map(noisy)[0])


def test_label_names_come_from_the_candidates_dataset_json(data):
    content = {"labels": {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}, "regions_class_order": [1, 2]}
    (data / "candidates" / "dataset.json").write_text(json.dumps({**content, "channel_names": {"0": "CT", "1": "PET"}}))
    preparation, dataset = prepare(data)
    assert dataset["labels"] == content["labels"]
    assert dataset["regions_class_order"] == [1, 2]
    assert dataset["channel_names"] == {"0": "CT", "1": "PET"}
    assert preparation.names_source == data / "candidates" / "dataset.json"


def test_label_names_of_a_raw_dataset_lie_above_its_labels(data):
    (data / "candidates").rename(data / "labelsTr")
    (data / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "anterior": 1, "posterior": 2}}))
    _, dataset = prepare(data, folders=["labelsTr"])
    assert dataset["labels"] == {"background": 0, "anterior": 1, "posterior": 2}


def test_label_names_given_win(data):
    (data / "candidates" / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "other": 1}}))
    labels = data / "labels.json"
    labels.write_text(json.dumps({"anterior": 1, "posterior": 2}))
    _, dataset = prepare(data, labels)
    assert dataset["labels"] == {"background": 0, "anterior": 1, "posterior": 2}


def test_candidate_folders_may_name_different_labels(data):
    for candidate, name in (("x", "liver"), ("y", "spleen")):
        for image in ("a", "b"):
            save(data / "runs" / candidate / f"{image}.nii.gz", label_values((1,)))
        (data / "runs" / candidate / "dataset.json").write_text(json.dumps({"labels": {"background": 0, name: 1}}))
    preparation, dataset = prepare(data, folders=["runs"])
    assert preparation.names.labels == {"background": 0, "liver": 1, "spleen": 2}
    assert dataset["dataset"]["a__x"]["annotates"] == ["liver"]
    assert dataset["dataset"]["a__y"]["annotates"] == ["spleen"]
    labels = read_label_map(data / "raw" / "Dataset701_A" / "labelsTr" / "a__y.nii.gz")[0]
    np.testing.assert_array_equal(labels, 2 * label_values((1,)))
    (data / "runs" / "y" / "dataset.json").unlink()
    assert check(PrepareRequest(data / "images", [data / "runs"], None, None), quiet).names.labels["liver"] == 1


def test_channels_of_one_image_must_share_a_grid(data):
    save(data / "images" / "b_0001.nii.gz", image_values(), spacing=(1.0, 1.0, 1.0))
    with pytest.raises(InputError, match=r"b_0001\.nii\.gz has spacing"):
        check(PrepareRequest(data / "images", [data / "candidates"], None, None), quiet)


def test_label_without_a_name_is_refused(data):
    labels = data / "labels.json"
    labels.write_text(json.dumps({"anterior": 1}))
    with pytest.raises(InputError, match=r"a__x\.nii\.gz holds the label 2"):
        check(PrepareRequest(data / "images", [data / "candidates"], None, labels), quiet)


def test_nothing_is_left_when_writing_fails(data):
    preparation = check(PrepareRequest(data / "images", [data / "candidates"], None, None), quiet)
    (data / "candidates" / "b__y.nii.gz").unlink()
    with pytest.raises(InputError, match=r"b__y\.nii\.gz is missing; put it back"):
        write(preparation, data / "raw" / "Dataset701_A", quiet)
    assert list((data / "raw").iterdir()) == []


def test_two_dimensional_pictures_in_colour(tmp_path):
    io = pytest.importorskip("skimage.io")
    (tmp_path / "images").mkdir()
    colours = np.random.default_rng(0).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    io.imsave(tmp_path / "images" / "a_0000.png", colours)
    save(tmp_path / "candidates" / "a__x.png", label_values(size=(20, 30)))
    preparation, dataset = prepare(tmp_path)
    assert preparation.geometries["a"].size == (30, 20)
    assert preparation.rewritten == set()
    assert list(dataset["channel_names"]) == ["0", "1", "2"]


def test_three_dimensional_tif_keeps_its_spacing_file(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    for folder in ("images", "candidates"):
        (tmp_path / folder).mkdir()
    tifffile.imwrite(tmp_path / "images" / "a_0000.tif", image_values())
    tifffile.imwrite(tmp_path / "candidates" / "a__x.tif", label_values())
    for path in (tmp_path / "images" / "a.json", tmp_path / "candidates" / "a__x.json"):
        path.write_text(json.dumps({"spacing": [2, 1, 1]}))
    preparation, _ = prepare(tmp_path)
    assert preparation.geometries["a"].spacing == (1, 1, 2)
    assert preparation.rewritten == set()
    copied = tmp_path / "raw" / "Dataset701_A" / "labelsTr"
    assert sorted(path.name for path in copied.iterdir()) == ["a__x.json", "a__x.tif"]


def test_spacing_of_the_images_is_kept(data):
    preparation, _ = prepare(data)
    assert preparation.geometries["a"].spacing == SPACING
