"""What is said beside the candidates is kept, or told of, or refused where it disagrees."""

import json

import pytest

from nnunet_deepstaple.datasets.settings import datasets_beside, read_settings
from nnunet_deepstaple.errors import InputError

LABELS = {"background": 0, "liver": 1}


def write(path, **content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"labels": LABELS, **content}), encoding="utf-8")
    return path


def settings(beside, labels=None, channels=(), count=1):
    notes = []
    return read_settings(labels, channels, beside, count, notes.append), notes


def test_plain_label_names_do_not_drop_what_else_is_said(tmp_path):
    beside = write(tmp_path / "dataset.json", channel_names={"0": "CT"}, overwrite_image_reader_writer="NibabelIO")
    labels = tmp_path / "labels.json"
    labels.write_text(json.dumps({"background": 0, "tumour": 1}), encoding="utf-8")
    found, notes = settings([beside], labels)
    assert (found.source, found.channels, found.reader, found.reader_source) == (labels, ["CT"], "NibabelIO", beside)
    assert "tumour" in found.names.labels
    assert notes == []


def test_what_the_user_gives_comes_first(tmp_path):
    beside = [write(tmp_path / name / "dataset.json", channel_names={"0": name}) for name in ("CT", "MR")]
    assert settings(beside, channels=["PET"])[0].channels == ["PET"]
    assert settings(beside, beside[1])[0].channels == ["MR"]


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"channel_names": {"0": "CT"}}, {"channel_names": {"0": "MR"}}, "name the channels differently.*-channels"),
        (
            {"overwrite_image_reader_writer": "NibabelIO"},
            {"overwrite_image_reader_writer": "SimpleITKIO"},
            "choose different readers",
        ),
        ({}, {"labels": {"background": 0, "spleen": 1}}, "name the labels differently.*-labels"),
    ],
)
def test_files_that_disagree_are_refused(tmp_path, one, other, message):
    beside = [write(tmp_path / "a" / "dataset.json", **one), write(tmp_path / "b" / "dataset.json", **other)]
    with pytest.raises(InputError, match=message):
        settings(beside)


def test_modalities_of_nnunet_v1_are_channel_names(tmp_path):
    assert settings([write(tmp_path / "dataset.json", modality={"0": "CT"})])[0].channels == ["CT"]


def test_names_that_are_not_as_many_as_channels_are_told_of(tmp_path):
    found, [note] = settings([write(tmp_path / "dataset.json", channel_names={"0": "CT", "1": "PET"})])
    assert found.channels == ["channel_0"]
    assert "names 2 channels and the images have 1" in note


def test_a_reader_that_nnunet_does_not_have(tmp_path):
    beside = write(tmp_path / "dataset.json", overwrite_image_reader_writer="NibabelReader")
    with pytest.raises(InputError, match=r"dataset\.json chooses the reader 'NibabelReader', which nnU-Net does not"):
        settings([beside])


def test_a_dataset_json_lies_beside_candidates_or_above_labels(tmp_path):
    paths = [write(tmp_path / "raw" / "dataset.json"), write(tmp_path / "a" / "dataset.json")]
    assert datasets_beside([tmp_path / "raw" / "labelsTr", tmp_path / "a", tmp_path / "b"], []) == paths
