import json
from pathlib import Path

import pytest
from nnunetv2.utilities.crossval_split import generate_crossval_split

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.trainers.splits import (
    check_all_are_there,
    check_split_by_image,
    images_of,
    split_by_image,
    write_splits_by_image,
)

CASES = [f"image{image:02d}__{candidate}" for image in range(12) for candidate in ("x", "y", "z")]


def test_folds_are_nnunets_over_images() -> None:
    splits = split_by_image(CASES)
    expected = generate_crossval_split([f"image{image:02d}" for image in range(12)], seed=12345, n_splits=5)
    for split, of_images in zip(splits, expected, strict=True):
        assert images_of(split["train"]) == set(of_images["train"])
        assert images_of(split["val"]) == set(of_images["val"])
        assert sorted(split["train"] + split["val"]) == CASES
        check_split_by_image(split["train"], split["val"])


def test_few_images_make_few_folds() -> None:
    assert len(split_by_image(["a__1", "a__2", "b__1", "c__1"])) == 3
    with pytest.raises(InputError, match="fold 'all'"):
        split_by_image(["a__1", "a__2"])


def test_an_image_split_apart_is_named() -> None:
    with pytest.raises(InputError, match=r"image 'b' has candidates both.*delete splits_final\.json"):
        check_split_by_image(["a__1", "b__1"], ["b__2"])


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    assert write_splits_by_image(tmp_path, CASES)
    content = (tmp_path / "splits_final.json").read_text(encoding="utf-8")
    assert json.loads(content) == split_by_image(CASES)
    assert not write_splits_by_image(tmp_path, CASES[:9])
    assert (tmp_path / "splits_final.json").read_text(encoding="utf-8") == content


def test_cases_that_nnunet_does_not_see_are_named() -> None:
    named = {"dataset": {case: {} for case in ("a__x", "a__y_seg", "b__x")}, "numTraining": 3}
    check_all_are_there(named, ["a__x", "a__y_seg", "b__x"], Path("folder"))
    with pytest.raises(
        InputError, match=r"folder lacks 1 of the 3 cases of dataset\.json, such as 'a__y_seg'; nnU-Net does"
    ):
        check_all_are_there(named, ["a__x", "b__x"], Path("folder"))
    with pytest.raises(InputError, match=r"has 2 cases and dataset\.json 3"):
        check_all_are_there({"numTraining": 3}, ["a__x", "b__x"], Path("folder"))
