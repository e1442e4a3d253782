"""Cross-validation splits that keep all candidates of one image together."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from nnunetv2.utilities.crossval_split import generate_crossval_split

from ..datasets.case_ids import split_case
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
