"""Read and check the dataset.json of a raw dataset, which may come from a stranger, before anything uses it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.json_files import read_json_object
from ..files.links import is_there
from ..files.names import is_one_line, is_plain
from ..wording import counted
from .listing import LABELS_FOLDER, label_maps_in

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
        raise InputError(f"{path}: {ending!a} is not a file ending; write one such as .nii.gz")
    references(content, path)
    return content


def references(content: Mapping[str, Any], path: Path) -> dict[str, list[str]] | None:
    """The paths of each case's images, as ``dataset`` of a dataset.json gives them; None where there is no such entry.

    Raises:
        InputError: it has another form, or the name of a case would point outside its folder.
    """
    named = content.get("dataset")
    if named is None:
        return None
    if not isinstance(named, dict):
        raise InputError(f'{path}: "dataset" does not give each case its "images"; {_FORM}')
    for case, reference in named.items():
        if not is_plain(case):
            raise InputError(f"{path} names a case {case!a}, which is not the name of a file; rename or remove it")
        images = reference.get("images") if isinstance(reference, dict) else None
        if not isinstance(images, list) or not images or not all(_is_path(one) for one in images):
            raise InputError(f'{path}: "dataset" does not give each case its "images", such as {case!a}; {_FORM}')
        if "label" in reference and not _is_path(reference["label"]):
            raise InputError(f'{path}: the "label" of case {case!a} is not a path; {_FORM}')
    return {case: reference["images"] for case, reference in named.items()}


def about_unlisted(labels_folder: Path) -> list[str]:
    """A sentence about label maps in a ``labelsTr`` that its dataset.json does not list; nothing for other folders.

    Raises:
        InputError: the dataset.json cannot be read.
    """
    above = labels_folder.absolute().parent / "dataset.json"
    if labels_folder.absolute().name != LABELS_FOLDER or not is_there(above):
        return []
    named = references(read_json_object(above), above)
    unlisted = [path.name for path, stem in label_maps_in(labels_folder) if named is not None and stem not in named]
    if not unlisted:
        return []
    number = counted(len(unlisted), "label map is", "label maps are")
    return [
        f"{number} in {labels_folder} and not in its dataset.json, such as {unlisted[0]}: nothing trains on them; make "
        f"the dataset with ds_prepare to have them in"
    ]


def _is_path(value: Any) -> bool:
    return isinstance(value, str) and value != "" and is_one_line(value)
