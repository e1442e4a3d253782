"""Cross-validation splits that keep all candidates of one image together."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnunetv2.utilities.crossval_split import generate_crossval_split

from ..datasets.case_ids import spelled, split_case
from ..errors import InputError
from ..files.atomic import write_text

Split = Mapping[str, Sequence[str]]
"""Case ids under ``train`` and ``val``."""

FILE_NAME = "splits_final.json"
FOLDS = 5


def images_of(cases: Sequence[str]) -> set[str]:
    """Images that the cases belong to."""
    return {split_case(case)[0] for case in cases}


def split_by_image(cases: Sequence[str]) -> list[dict[str, list[str]]]:
    """Five folds (one per image, where there are fewer) drawn as nnU-Net draws them, over images instead of cases.

    Raises:
        InputError: there is only one image.
    """
    images = sorted(images_of(cases))
    if len(images) < 2:
        raise InputError(f"one image ({images[0]}) cannot be split into training and validation; train fold 'all'")
    splits = generate_crossval_split(images, seed=12345, n_splits=min(FOLDS, len(images)))
    return [
        {part: sorted(case for case in cases if split_case(case)[0] in set(split[part])) for part in ("train", "val")}
        for split in splits
    ]


def write_splits_by_image(folder: Path, cases: Sequence[str]) -> bool:
    """Write splits_final.json into the preprocessed dataset unless there is one; tell whether it was written."""
    path = folder / FILE_NAME
    if path.exists():
        return False
    write_text(path, json.dumps(split_by_image(cases), indent=4))
    return True


def check_split_by_image(train: Sequence[str], val: Sequence[str]) -> None:
    """Make sure that no image has candidates on both sides.

    Raises:
        InputError: an image is split apart.
    """
    apart = images_of(train) & images_of(val)
    if apart:
        raise InputError(
            f"image '{min(apart)}' has candidates both in training and in validation, so validation would see "
            f"training images; delete {FILE_NAME} in the preprocessed dataset (it is then written anew, image by "
            f"image) and train a fold that it names"
        )


def check_all_are_there(dataset_json: Mapping[str, Any], cases: Sequence[str], folder: Path) -> None:
    """Make sure that nnU-Net finds all cases of a dataset among the preprocessed ones.

    Args:
        dataset_json: the dataset's.
        cases: those that nnU-Net lists.
        folder: where it looks for them.

    Raises:
        InputError: some are missing.
    """
    found = {spelled(case) for case in cases}
    named = dataset_json.get("dataset")
    missing = sorted(case for case in named or () if spelled(case) not in found)
    if named and missing:
        hidden = "; nnU-Net does not see cases whose id ends in _seg" if missing[0].endswith("_seg") else ""
        raise InputError(
            f"{folder} lacks {len(missing)} of the {len(named)} cases of dataset.json, such as '{missing[0]}'{hidden}: "
            f"prepare and preprocess the dataset again"
        )
    total = dataset_json.get("numTraining", 0)
    if not named and len(found) < total:
        raise InputError(f"{folder} has {len(found)} cases and dataset.json {total}; preprocess the dataset again")
