"""nnU-Net's three folders, and the names of the datasets in them."""

import os
import re
from pathlib import Path

from ..errors import InputError
from ..files.atomic import require_writable

VARIABLES = ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results")

PREDICTIONS = "predictions"
"""Where a DeepSTAPLE trainer writes the final network's label map of each image, in its fold folder."""


def nnunet_folder(variable: str) -> Path:
    """Return the folder that one of nnU-Net's environment variables names.

    Raises:
        InputError: the variable is not set.
    """
    value = os.environ.get(variable)
    if not value:
        raise InputError(f"the environment variable {variable} is not set; export {variable}=/path/to/{variable}")
    return Path(value)


def find_datasets(number: int) -> list[Path]:
    """List the folders of the dataset with the id ``number``, in all of nnU-Net's folders that are set and exist."""
    folders = [Path(os.environ[variable]) for variable in VARIABLES if os.environ.get(variable)]
    return [path for folder in folders for path in sorted(folder.glob(f"Dataset{number:03d}_*")) if path.is_dir()]


def find_raw_dataset(text: str) -> Path:
    """Folder of an existing raw dataset.

    Args:
        text: its id or its full name.

    Raises:
        InputError: there is none in nnUNet_raw, or several share the id.
    """
    raw = nnunet_folder("nnUNet_raw")
    pattern = f"Dataset{int(text):03d}_*" if text.isdecimal() else text
    found = [path for path in sorted(raw.glob(pattern)) if (path / "dataset.json").is_file()]
    if not found:
        raise InputError(f"{raw} has no dataset {text} with a dataset.json; make one with ds_prepare")
    if len(found) > 1:
        raise InputError(f"{found[0]} and {found[1].name} share the id {text}; give the full name, or remove one")
    return found[0]


def dataset_name(number: int | str, name: str) -> str:
    """Compose ``Dataset702_Name``.

    Raises:
        InputError: the id is not a number from 1 to 999, or the name has other characters than letters, digits,
            ``.+-_``.
    """
    if not re.fullmatch(r"0*[1-9][0-9]{0,2}", str(number)):
        raise InputError(f"dataset id '{number}' is not a number from 1 to 999; choose a free one")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+_-]*", name):
        raise InputError(f"dataset name '{name}' cannot be a folder name; use letters, digits and . + _ - only")
    return f"Dataset{int(number):03d}_{name}"


def parse_dataset_name(text: str) -> str:
    """Read ``702_Name`` (or ``Dataset702_Name``) as a user types a new dataset, and return ``Dataset702_Name``.

    Raises:
        InputError: the text has another form.
    """
    number, separator, name = text.removeprefix("Dataset").partition("_")
    if not separator:
        raise InputError(f"'{text}' does not name a new dataset; write id and name, as in 702_Consensus")
    return dataset_name(number, name)


def dataset_number(name: str) -> int:
    """Id of ``Dataset702_Name``."""
    return int(name.removeprefix("Dataset").partition("_")[0])


def require_free(name: str) -> Path:
    """Where a new raw dataset goes.

    Args:
        name: full name, ``Dataset702_Name``.

    Returns:
        The folder ``nnUNet_raw/Dataset702_Name``, which does not exist yet.

    Raises:
        InputError: one of nnU-Net's variables is not set, a dataset with this id lies in one of its folders, or
            nnUNet_raw cannot be written.
    """
    raw, *_ = [nnunet_folder(variable) for variable in VARIABLES]
    require_unused(name)
    require_writable(raw)
    return raw / name


def require_unused(name: str) -> None:
    """Make sure that no dataset has the id of ``Dataset702_Name``.

    Raises:
        InputError: one lies in one of nnU-Net's folders.
    """
    number = dataset_number(name)
    in_use = find_datasets(number)
    if in_use:
        raise InputError(f"dataset id {number} is in use by {in_use[0]}; choose a free id or remove that folder")
