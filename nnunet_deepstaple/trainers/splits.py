"""Cross-validation splits that keep all candidates of one image together."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from nnunetv2.utilities.crossval_split import generate_crossval_split

from ..datasets.case_ids import spelled, split_case
from ..errors import InputError
from ..files.atomic import write_text
from ..files.endings import split_ending

Split = Mapping[str, Sequence[str]]
"""Case ids under ``train`` and ``val``."""

FILE_NAME = "splits_final.json"
FOLDS = 5
PARTS = ("train", "val")

_ANEW = "delete it to have one written anew, image by image"


def images_of(cases: Sequence[str]) -> set[str]:
    """Images that the cases belong to."""
    return {split_case(case)[0] for case in cases}


def split_by_image(cases: Sequence[str]) -> list[dict[str, list[str]]]:
    """Five folds (or one per image, if there are fewer), drawn as nnU-Net draws them, but over images, not cases.

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
    """Write splits_final.json into the preprocessed dataset unless there is one; return whether it was written."""
    path = folder / FILE_NAME
    if path.exists():
        return False
    write_text(path, json.dumps(split_by_image(cases), indent=4))
    return True


def read_splits(path: Path, cases: Sequence[str]) -> list[dict[str, list[str]]]:
    """Read splits_final.json, which a user may have written.

    Args:
        path: the file.
        cases: all cases of the preprocessed dataset.

    Raises:
        InputError: it cannot be read, has a name that is not a case, or a split lacks training or validation cases.
    """
    try:
        splits = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read ({' '.join(str(error).split())}); {_ANEW}") from error
    known, images = set(cases), images_of(cases)
    whole = isinstance(splits, list) and all(isinstance(split, dict) for split in splits)
    if not whole or not splits or not all(_is_names(split.get(part)) for split in splits for part in PARTS):
        raise InputError(f'{path} is not a list of {{"train": [case, …], "val": [case, …]}}; {_ANEW}')
    for number, split in enumerate(splits):
        for part in PARTS:
            if not split[part]:
                raise InputError(f"{path}: fold {number} has no {part} cases; name some, or {_ANEW}")
            if unknown := [case for case in split[part] if case not in known]:
                raise InputError(f"{path}: {_what_is(unknown[0], known, images)}; {_ANEW}")
    return splits


def cases_in_no_split(splits: Sequence[Split], cases: Sequence[str]) -> list[str]:
    """Cases that no split names, for example of images that were added later."""
    named = {case for split in splits for part in PARTS for case in split[part]}
    return sorted(set(cases) - named)


def random_split_by_image(cases: Sequence[str], fold: int) -> tuple[list[str], list[str]]:
    """Training and validation cases of a fold that the file does not have: drawn as nnU-Net does, but over images."""
    images = sorted(images_of(cases))
    drawn = np.random.RandomState(seed=12345 + fold).choice(len(images), int(len(images) * 0.8), replace=False)
    chosen = {images[number] for number in drawn}
    train = [case for case in sorted(cases) if split_case(case)[0] in chosen]
    return train, sorted(set(cases) - set(train))


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _what_is(name: str, cases: Collection[str], images: Collection[str]) -> str:
    """What to say about a name in a split that is not a case."""
    if name in images:
        return f"'{name}' is an image, not a case; name its cases, such as '{min(c for c in cases if _of(c, name))}'"
    parts = split_ending(name)
    if parts is not None and parts[0] in cases:
        return f"'{name}' is a file, not a case; write '{parts[0]}'"
    return f"{name!r} is not a case of the preprocessed dataset"


def _of(case: str, image: str) -> bool:
    return split_case(case)[0] == image


def check_split_by_image(train: Sequence[str], val: Sequence[str]) -> None:
    """Make sure that no image has candidates on both sides.

    Raises:
        InputError: an image has candidates on both sides.
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
