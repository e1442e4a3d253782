"""The dataset.json of a raw dataset, which may be a stranger's: checked before anything is done with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.json_files import read_json_object
from ..files.names import is_plain

_FORM = "write it as nnU-Net needs it, or leave it out"


def read_dataset_json(path: Path) -> dict[str, Any]:
    """Read the dataset.json of a raw dataset.

    Raises:
        InputError: it cannot be read, lacks what nnU-Net needs, or names a case that would lie in another folder.
    """
    content = read_json_object(path)
    for key, kind in (("labels", dict), ("file_ending", str)):
        if not isinstance(content.get(key), kind):
            raise InputError(f'{path} has no "{key}" as nnU-Net needs it; add it, or make the dataset with ds_prepare')
    ending = content["file_ending"]
    if not (ending.startswith(".") and is_plain(f"x{ending}")):
        raise InputError(f"{path}: {ending!a} is no file ending; write one such as .nii.gz")
    references(content, path)
    return content


def references(content: Mapping[str, Any], path: Path) -> dict[str, list[str]] | None:
    """The paths of each case's images as ``dataset`` of a dataset.json gives them; None where there is no such entry.

    Raises:
        InputError: it has another form, or a case's name would lead out of its folder.
    """
    named = content.get("dataset")
    if named is None:
        return None
    if not isinstance(named, dict):
        raise InputError(f'{path}: "dataset" does not give each case its "images"; {_FORM}')
    for case, reference in named.items():
        if not is_plain(case):
            raise InputError(f"{path} names a case {case!a}, which is no name of a file; rename or remove it")
        images = reference.get("images") if isinstance(reference, dict) else None
        if not isinstance(images, list) or not images or not all(_is_path(one) for one in images):
            raise InputError(f'{path}: "dataset" does not give each case its "images", such as {case!a}; {_FORM}')
        if "label" in reference and not _is_path(reference["label"]):
            raise InputError(f'{path}: the "label" of case {case!a} is no path; {_FORM}')
    return {case: reference["images"] for case, reference in named.items()}


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value and value.isprintable()
