"""nnU-Net's plans: they may come from somebody else, so they are checked before they are used."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nnunetv2.experiment_planning
from nnunetv2.utilities.find_class_by_name import recursive_find_python_class
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager

from ..datasets.nnunet_folders import dataset_number
from ..errors import InputError
from ..files.json_files import read_json_object
from ..files.names import is_plain
from ..wording import counted
from .record import PREFIX

_USED = (
    *("preprocessor_name", "spacing", "normalization_schemes", "use_mask_for_norm", "patch_size"),
    *("resampling_fn_data", "resampling_fn_data_kwargs", "resampling_fn_seg", "resampling_fn_seg_kwargs"),
)
"""What preprocessing needs of a configuration."""


def require_planner(name: str) -> None:
    """Make sure that nnU-Net has a planner, before anything is computed for it.

    Raises:
        InputError: there is none of that name.
    """
    folder = Path(nnunetv2.experiment_planning.__path__[0])
    if recursive_find_python_class(str(folder), name, nnunetv2.experiment_planning.__name__) is None:
        raise InputError(
            f"nnU-Net has no planner '{name}'; choose one with -pl, such as ExperimentPlanner or nnUNetPlannerResEncM"
        )


def read_plans(folder: Path, plans_name: str, raw: Path, dataset_json: dict[str, Any]) -> dict[str, Any]:
    """Read the plans of a preprocessed dataset.

    Args:
        folder: the preprocessed dataset.
        plans_name: name of the plans file without its ending.
        raw: the raw dataset.
        dataset_json: content of its dataset.json.

    Raises:
        InputError: the file is missing, is none of nnU-Net's plans, or is of images with other channels.
    """
    file = folder / f"{plans_name}.json"
    number = dataset_number(raw.name)
    if not file.is_file():
        others = sorted(path.stem for path in folder.glob("*Plans*.json") if not path.name.startswith(PREFIX))
        choice = f"choose one of {', '.join(others)} with -p, or " if others else ""
        raise InputError(f"{file} is missing; {choice}plan with ds_plan_and_preprocess -d {number}")
    remedy = f"plan again with ds_plan_and_preprocess -d {number}"
    plans = read_json_object(file, remedy)
    configurations = plans.get("configurations")
    if not isinstance(configurations, dict) or not all(isinstance(one, dict) for one in configurations.values()):
        raise InputError(f"{file} has no configurations as nnU-Net plans them; {remedy}")
    for name in ("image_reader_writer", "transpose_forward", "foreground_intensity_properties_per_channel"):
        if name not in plans:
            raise InputError(f"{file} has no '{name}', which preprocessing needs; {remedy}")
    planned, named = plans["foreground_intensity_properties_per_channel"], dataset_json.get("channel_names")
    if not isinstance(planned, dict):
        raise InputError(f"{file} does not say the intensities of the channels; {remedy}")
    if isinstance(named, dict) and len(planned) != len(named):
        own = counted(len(named), "channel")
        raise InputError(f"{file} is for images of {counted(len(planned), 'channel')}, {raw.name} has {own}; {remedy}")
    return plans


def configurations_of(plans: dict[str, Any], given: Sequence[str] | None, file: Path) -> list[str]:
    """The configurations to preprocess, one for each folder.

    Args:
        plans: content of the plans file.
        given: names of configurations; None takes nnU-Net's three, those that the plans have.
        file: the plans file.

    Raises:
        InputError: there is no such configuration, or it is none of nnU-Net's.
    """
    known = plans["configurations"]
    for name in given or ():
        if name not in known:
            raise InputError(f"{file} has no configuration '{name}'; choose among {', '.join(known)}")
    names = given or [name for name in ("2d", "3d_fullres", "3d_lowres") if name in known]
    folders: dict[str, str] = {}
    for name in names:
        folders.setdefault(_checked(plans, name, file).data_identifier, name)
    return list(folders.values())


@contextmanager
def using(file: Path, configuration: str) -> Iterator[None]:
    """Turn what nnU-Net raises on a configuration that it cannot use into an error that names ``file``.

    Raises:
        InputError: the block raised what senseless plans lead to, or an InputError, which gets the file's name.
    """
    try:
        yield
    except InputError as error:
        raise InputError(f"{file}: {error}") from error
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RuntimeError, AssertionError) as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        raise InputError(f"{file}: configuration '{configuration}' cannot be used ({said}); plan again") from error


def _checked(plans: dict[str, Any], name: str, file: Path) -> ConfigurationManager:
    with using(file, name):
        settings = PlansManager(plans).get_configuration(name)
        missing = [key for key in ("data_identifier", *_USED) if key not in settings.configuration]
    if missing:
        raise InputError(f"{file}: configuration '{name}' has no {missing[0]}; plan again")
    if not is_plain(identifier := settings.configuration["data_identifier"]):
        raise InputError(
            f"{file}: configuration '{name}' would write to {identifier!a}, which is no folder's name; plan again"
        )
    return settings
