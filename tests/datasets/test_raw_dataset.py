import json

import pytest

from nnunet_deepstaple.datasets.label_names import LabelNames
from nnunet_deepstaple.datasets.raw_dataset import (
    find_images,
    named_channels,
    new_dataset,
    read_case_images,
    write_dataset_json,
)
from nnunet_deepstaple.errors import InputError

NAMES = LabelNames({"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}, [1, 2])


def touch(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_images_with_channels_are_found(tmp_path):
    folder = touch(tmp_path, "b_1_0001.nrrd", "b_1_0000.nrrd", "a_0000.nrrd", "a_0001.nrrd", "dataset.json")
    images = find_images(folder)
    assert images.channels == {
        "a": [folder / "a_0000.nrrd", folder / "a_0001.nrrd"],
        "b_1": [folder / "b_1_0000.nrrd", folder / "b_1_0001.nrrd"],
    }
    assert list(images.channels) == ["a", "b_1"]
    assert images.ending == ".nrrd"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "holds no images"),
        (["a.nii.gz"], "a_0000|<image>_0000"),
        (["a_0000.nii.gz", "b_0000.nrrd"], "different endings"),
        (["a_0000.nii.gz", "a_0001.nii.gz", "b_0000.nii.gz"], "'b' has no channel 0001"),
        (["a_0001.nii.gz"], "'a' has no channel 0000"),
    ],
)
def test_images_that_nnunet_cannot_use_are_refused(tmp_path, files, message):
    with pytest.raises(InputError, match=message):
        find_images(touch(tmp_path, *files))


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="none is not a folder"):
        find_images(tmp_path / "none")


def test_new_dataset_appears_whole(tmp_path):
    folder = tmp_path / "raw" / "Dataset702_A"
    with new_dataset(folder) as temporary:
        assert not folder.exists()
        assert not temporary.name.startswith("Dataset")
        touch(temporary / "labelsTr", "a.nii.gz")
    assert [path.name for path in folder.parent.iterdir()] == ["Dataset702_A"]
    assert (folder / "labelsTr" / "a.nii.gz").is_file()


def test_new_dataset_leaves_nothing_when_interrupted(tmp_path):
    def interrupted():
        with new_dataset(tmp_path / "Dataset702_A"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_nnunet_resolves_what_we_write(tmp_path):
    utils = pytest.importorskip("nnunetv2.utilities.utils")
    folder = touch(tmp_path / "Dataset702_A")
    channels = {"a__x": [tmp_path / "a_0000.nrrd", tmp_path / "a_0001.nrrd"]}
    write_dataset_json(folder, channels, NAMES, ["CT", "PET"], ".nrrd", note="kept")
    content = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    assert content["channel_names"] == {"0": "CT", "1": "PET"}
    assert content["labels"] == NAMES.labels
    assert content["regions_class_order"] == [1, 2]
    assert content["numTraining"] == 1
    assert content["file_ending"] == ".nrrd"
    assert content["note"] == "kept"
    assert utils.get_filenames_of_train_images_and_targets(str(folder)) == {
        "a__x": {
            "images": [str(path) for path in channels["a__x"]],
            "label": str(folder / "labelsTr" / "a__x.nrrd"),
        }
    }
    assert read_case_images(folder) == channels


def test_images_of_a_dataset_with_images_folder_are_read(tmp_path):
    (tmp_path / "dataset.json").write_text("{}")
    images = touch(tmp_path / "imagesTr", "a_0000.nii.gz")
    assert read_case_images(tmp_path) == {"a": [images / "a_0000.nii.gz"]}


def test_relative_references_and_variables_are_resolved(tmp_path, monkeypatch):
    monkeypatch.setenv("SCANS", "scans")
    case = {"images": ["${SCANS}/a_0000.nii.gz"], "label": "labelsTr/a.nii.gz"}
    (tmp_path / "dataset.json").write_text(json.dumps({"dataset": {"a": case}}))
    assert read_case_images(tmp_path) == {"a": [tmp_path / "scans" / "a_0000.nii.gz"]}


@pytest.mark.parametrize("references", [{"a": {"image": ["x"]}}, {"a": ["x"]}, ["a"], {"a": {"images": None}}])
def test_references_that_nnunet_could_not_follow(tmp_path, references):
    (tmp_path / "dataset.json").write_text(json.dumps({"dataset": references}))
    with pytest.raises(InputError, match=r"dataset\.json: \"dataset\" does not give each case its \"images\""):
        read_case_images(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        {"channel_names": {"0": "CT", "1": "MR"}},
        {"modality": {"0": "CT", "1": "MR"}},
        {"channel_names": {"0000": "CT", "0001": "MR"}},
        {"channel_names": {"2": "MR", "1": "CT"}},
        {"channel_names": {"MR": 1, "CT": 0}},
        {"channel_names": {"CT": "0", "MR": "1"}},
        {"channel_names": ["CT", "MR"]},
    ],
)
def test_channels_named_in_any_form(tmp_path, content):
    (tmp_path / "dataset.json").write_text(json.dumps(content))
    assert named_channels(tmp_path / "dataset.json") == ["CT", "MR"]


@pytest.mark.parametrize("named", ["CT", {"0": "CT", "2": "MR"}, {"0": 5, "CT": 1}, {"a": "b"}, {}, [None], {"0": ""}])
def test_channel_names_are_never_dropped(tmp_path, named):
    (tmp_path / "dataset.json").write_text(json.dumps({"channel_names": named}))
    with pytest.raises(InputError, match='"channel_names" does not name each channel'):
        named_channels(tmp_path / "dataset.json")
