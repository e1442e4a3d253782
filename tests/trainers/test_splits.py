import json
from pathlib import Path

import pytest
from hypothesis import given
from nnunetv2.utilities.crossval_split import generate_crossval_split

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.trainers.splits import (
    cases_in_no_split,
    check_all_are_there,
    check_split_by_image,
    images_of,
    random_split_by_image,
    read_splits,
    split_by_image,
    write_splits_by_image,
)

from ..fuzz import changed, fuzz, read_or_one_line

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


OWN = [{"train": CASES[:24], "val": CASES[24:30]}]


def own(folder: Path, splits: object) -> Path:
    path = folder / "splits_final.json"
    path.write_text(json.dumps(splits), encoding="utf-8", errors="surrogatepass")
    return path


def test_own_splits_are_obeyed_and_what_they_leave_out_is_known(tmp_path: Path) -> None:
    assert read_splits(own(tmp_path, OWN), CASES) == OWN
    assert cases_in_no_split(OWN, CASES) == CASES[30:]


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ([{"train": ["image00"], "val": ["image01"]}], "'image00' is an image, not a case; .* such as 'image00__x'"),
        ([{"train": ["image00__x.nii.gz"], "val": []}], r"is a file, not a case; write 'image00__x'"),
        ([{"train": ["image00__w"], "val": CASES[:1]}], "'image00__w' is not a case"),
        ([{"train": CASES[:3], "val": []}], "fold 0 has no val cases"),
        ({"train": CASES, "val": CASES}, "is not a list of"),
        ([{"train": CASES}], "is not a list of"),
        ([], "is not a list of"),
    ],
)
def test_own_splits_that_cannot_be(tmp_path: Path, splits: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_splits(own(tmp_path, splits), CASES)


def test_a_fold_beyond_them_is_drawn_by_image() -> None:
    train, val = random_split_by_image(CASES, 7)
    check_split_by_image(train, val)
    assert (len(train), len(val), sorted(train + val)) == (27, 9, CASES)
    assert random_split_by_image(CASES, 7) == (train, val)


@fuzz
@given(splits=changed(OWN))
def test_any_content(tmp_path: Path, splits: object) -> None:
    read_or_one_line(lambda path: read_splits(path, CASES), own(tmp_path, splits))
