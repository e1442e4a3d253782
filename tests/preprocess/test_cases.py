import json
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.preprocess.cases import images_with_cases


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "Dataset701_Mine"
    for name in ("images/a_0000.nii.gz", "images/b_0000.nii.gz", "labelsTr/x.nii.gz"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def dataset_json(cases: dict[str, str]) -> dict[str, object]:
    label = "labelsTr/x.nii.gz"
    dataset = {case: {"images": [f"images/{image}_0000.nii.gz"], "label": label} for case, image in cases.items()}
    return {"file_ending": ".nii.gz", "dataset": dataset}


def test_cases_of_an_image_come_together_whatever_their_order_and_names(raw):
    found = images_with_cases(raw, dataset_json({"one__x": "a", "other": "b", "two__y": "a"}))
    assert {name: list(image.labels) for name, image in found.items()} == {
        "one__x": ["one__x", "two__y"],
        "other": ["other"],
    }
    assert found["other"].files == [str(raw / "images/b_0000.nii.gz")]


def test_links_to_one_file_are_one_image(raw):
    (raw / "images/c_0000.nii.gz").symlink_to(raw / "images/a_0000.nii.gz")
    assert list(images_with_cases(raw, dataset_json({"one": "a", "two": "c"}))["one"].labels) == ["one", "two"]


def test_a_dataset_in_nnunets_old_form_is_found(raw):
    (raw / "imagesTr").mkdir()
    (raw / "imagesTr/x_0000.nii.gz").touch()
    (raw / "dataset.json").write_text(json.dumps({"file_ending": ".nii.gz"}))
    assert list(images_with_cases(raw, {"file_ending": ".nii.gz"})) == ["x"]


def test_a_missing_file_is_named(raw):
    with pytest.raises(InputError, match=r"c_0000\.nii\.gz, which case 'z' of Dataset701_Mine needs, is missing"):
        images_with_cases(raw, dataset_json({"z": "c"}))


def test_a_dataset_without_cases_is_refused(raw):
    with pytest.raises(InputError, match="has no training case"):
        images_with_cases(raw, dataset_json({}))
