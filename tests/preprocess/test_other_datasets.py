import json
import os
from pathlib import Path
from typing import Any

import pytest

from nnunet_deepstaple.preprocess.image_files import stored
from nnunet_deepstaple.preprocess.other_datasets import find_in_other_datasets

IMAGE = {"spacing": [1.0, 1.0, 1.0], "patch_size": [8, 8, 8]}


def request(names: dict[str, str], **changes: Any) -> dict[str, Any]:
    """What is to be made of images (file by name)."""
    files = {name: {"image": [[file, 10, 5]], "labels": {name: ["label", 1, 1]}} for name, file in names.items()}
    return {"image": IMAGE | changes, "files": files}


@pytest.fixture
def preprocessed(tmp_path: Path) -> Path:
    """Folder with the preprocessed dataset 701 of the images a and b."""
    folder = tmp_path / "Dataset701_First" / "nnUNetPlans_2d"
    folder.mkdir(parents=True)
    for name in ("a__x", "b__x"):
        (folder / f"{name}.b2nd").write_text(f"image of {name}")
    images = {name: {"stored": stored(folder / f"{name}.b2nd")} for name in ("a__x", "b__x")}
    record = {"request": request({"a__x": "a.nii", "b__x": "b.nii"}), "images": images}
    (folder.parent / "ds_preprocess_nnUNetPlans_2d.json").write_text(json.dumps(record))
    return tmp_path


def found(preprocessed: Path, wanted: dict[str, Any], own: str = "none") -> dict[str, Path]:
    return find_in_other_datasets(preprocessed, preprocessed / own, wanted)


def test_the_same_files_prepared_in_the_same_way_are_found(preprocessed):
    folder = preprocessed / "Dataset701_First" / "nnUNetPlans_2d"
    assert found(preprocessed, request({"a": "a.nii", "c": "c.nii"})) == {"a": folder / "a__x.b2nd"}


def test_another_patch_size_is_stored_otherwise(preprocessed):
    assert found(preprocessed, request({"a": "a.nii"}, patch_size=[16, 8, 8])) == {}


def test_an_image_that_changed_is_another(preprocessed):
    wanted = request({"a": "a.nii"})
    wanted["files"]["a"]["image"][0][2] = 6
    assert found(preprocessed, wanted) == {}


def test_a_file_that_was_written_since_is_not_taken(preprocessed):
    os.utime(preprocessed / "Dataset701_First/nnUNetPlans_2d/a__x.b2nd", ns=(1, 1))
    assert list(found(preprocessed, request({"a": "a.nii", "b": "b.nii"}))) == ["b"]


def test_a_folder_that_is_gone_is_passed_over(preprocessed):
    folder = preprocessed / "Dataset701_First/nnUNetPlans_2d"
    folder.rename(preprocessed / "elsewhere")
    assert found(preprocessed, request({"a": "a.nii"})) == {}


def test_ones_own_earlier_folder_is_made_anew(preprocessed):
    own = "Dataset701_First/ds_preprocess_nnUNetPlans_2d.json"
    assert found(preprocessed, request({"a": "a.nii"}), own) == {}
