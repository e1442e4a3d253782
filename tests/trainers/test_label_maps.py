"""A training says whether the raw dataset still has the label maps that it learns from."""

import json

import pytest

from nnunet_deepstaple.trainers.label_maps import about_raw_labels, fingerprints

CASES = ["a__x", "a__y"]


@pytest.fixture
def folders(tmp_path):
    for case in CASES:
        for folder in ("raw/labelsTr", "preprocessed/gt_segmentations"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / f"{case}.nii.gz").write_text(case)
    return tmp_path / "raw", tmp_path / "preprocessed"


@pytest.mark.parametrize("listed", [False, True])
def test_what_the_training_does_not_see_is_told(folders, listed):
    raw, preprocessed = folders
    dataset_json = {"file_ending": ".nii.gz"}
    if listed:
        dataset_json["dataset"] = {case: {"label": f"labelsTr/{case}.nii.gz"} for case in CASES}
        full = {case: {"images": ["a.nii.gz"], **label} for case, label in dataset_json["dataset"].items()}
        (raw / "dataset.json").write_text(json.dumps({"dataset": full}))
    trained_on = fingerprints(preprocessed, [*CASES, "b__x"], ".nii.gz")
    assert sorted(trained_on) == CASES
    assert about_raw_labels(raw, trained_on, dataset_json) == []
    (raw / "labelsTr/a__x.nii.gz").write_text("corrected")
    (raw / "labelsTr/a__z.nii.gz").write_text("added")
    sentences = about_raw_labels(raw, trained_on, dataset_json)
    assert "1 label map is changed in" in sentences[0]
    assert "such as 'a__x'" in sentences[0]
    assert [("a__z" in sentence) for sentence in sentences[1:]] == [True] * listed


def test_raw_data_that_are_elsewhere(folders):
    _, preprocessed = folders
    trained_on = fingerprints(preprocessed, CASES, ".nii.gz")
    assert about_raw_labels(None, trained_on, {}) == about_raw_labels(preprocessed / "none", trained_on, {}) == []
