"""The cases of a raw dataset, brought together by image."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnunetv2.utilities.utils import get_filenames_of_train_images_and_targets

from ..errors import InputError


@dataclass(frozen=True)
class Image:
    """One image and the label maps proposed for it.

    Attributes:
        files: paths of its channels.
        labels: path of the label map of each of its cases.
    """

    files: list[str]
    labels: dict[str, str]


def images_with_cases(raw: Path, dataset_json: dict[str, Any]) -> dict[str, Image]:
    """List the images of a raw dataset, each by the id of its first case.

    Cases belong to one image if all their channels are the same files (links are followed), whatever their names.

    Args:
        raw: folder of the raw dataset.
        dataset_json: content of its ``dataset.json``; its relative paths become absolute, as nnU-Net does it.

    Raises:
        InputError: the dataset has no case, or a file of it is missing.
    """
    cases = get_filenames_of_train_images_and_targets(str(raw), dataset_json)
    if not len(cases):
        raise InputError(f"{raw} has no training case; add images and labels, or make the dataset with ds_prepare")
    images: dict[tuple[Path, ...], Image] = {}
    names: dict[str, Image] = {}
    for case, files in cases.items():
        for path in (*files["images"], files["label"]):
            if not Path(path).is_file():
                raise InputError(f"{path}, which case '{case}' of {raw.name} needs, is missing; put it back")
        key = tuple(Path(path).resolve() for path in files["images"])
        if key not in images:
            images[key] = names[str(case)] = Image([str(path) for path in files["images"]], {})
        images[key].labels[str(case)] = str(files["label"])
    return names


def count_cases(images: Mapping[str, Image]) -> int:
    return sum(len(image.labels) for image in images.values())
