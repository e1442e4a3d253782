"""Names of label values, regions and the ignore label, as dataset.json states them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.json_files import read_json_object
from ..files.names import is_one_line

BACKGROUND = "background"
IGNORE = "ignore"

_FORM = 'correct it there, as in {"background": 0, "liver": 1}, or give a dataset.json'


@dataclass(frozen=True)
class LabelNames:
    """The ``labels`` of a dataset.json.

    Attributes:
        labels: value of each name, or the values of a region; contains ``background`` = 0.
        regions_class_order: nnU-Net's order in which regions are painted; None without regions.
    """

    labels: dict[str, int | list[int]]
    regions_class_order: list[int] | None = None

    @property
    def values(self) -> list[int]:
        """All values that a label map may hold, the ignore label included, sorted."""
        return sorted({value for named in self.labels.values() for value in _as_list(named)})

    @property
    def ignore_label(self) -> int | None:
        """Value of the ignore label; None without one."""
        value = self.labels.get(IGNORE)
        return value if isinstance(value, int) else None

    @property
    def has_regions(self) -> bool:
        """Whether a name stands for more than one value."""
        return any(isinstance(named, list) and len(named) > 1 for named in self.labels.values())


def label_names_of_values(values: Iterable[int], last_in: Path | None = None) -> LabelNames:
    """Name the values found in label maps ``label_<value>``; 0 is always the background, even if it does not occur.

    Args:
        values: the values.
        last_in: a file that holds the largest value; None if that is not known.

    Raises:
        InputError: the values are not consecutive.
    """
    found = sorted(set(values) - {0})
    if found != list(range(1, len(found) + 1)):
        last = found[-1]
        where = f" ({last} is in {last_in})" if last_in else ""
        mask = f"write 1 for {last} in the label maps if it only marks a mask; else, " if _is_mask(found) else ""
        raise InputError(
            f"the candidates hold the labels {show_values([0, *found])}, which are not consecutive as nnU-Net's must "
            f"be{where}: {mask}beside the candidates, write a dataset.json that names all up to the last (a value need "
            f'not occur), as in {{"labels": {{"background": 0, "liver": 1}}}}'
        )
    return LabelNames({BACKGROUND: 0, **{f"label_{value}": value for value in found}})


def read_label_names(path: Path) -> LabelNames:
    """Read a dataset.json, or a JSON object of ``name: value``.

    Raises:
        InputError: the file is missing, is not such JSON, or nnU-Net cannot train on its labels.
    """
    content = read_json_object(path, _FORM)
    labels = content.get("labels")
    if isinstance(labels, dict):
        return _checked(labels, content.get("regions_class_order"), path)
    if isinstance(labels, list | str) and not all(isinstance(value, int) for value in labels):
        raise InputError(
            f'{path}: "labels" is {json.dumps(labels, ensure_ascii=False)}; write {{"background": 0, "liver": 1}}'
        )
    if "channel_names" in content or "file_ending" in content:
        raise InputError(f'{path} is a dataset.json without labels; add "labels": {{"background": 0, "liver": 1}}')
    return _checked(content, None, path)


def _is_mask(values: list[int]) -> bool:
    """Whether a foreground value may be the white of a mask instead of the number of a label."""
    return len(values) == 1 or values[-1] in (255, 65535)


def _checked(labels: Mapping[str, Any], regions_class_order: Any, path: Path) -> LabelNames:
    if not all(name.strip() for name in labels):
        raise InputError(f"{path} has a label without a name; name it")
    for name in labels:
        if not is_one_line(name):
            raise InputError(f"{path}: the name of label {name!a} holds a control character; rename it")
    if labels and all(name.isdecimal() and isinstance(named, str) for name, named in labels.items()):
        turned = json.dumps({named: int(value) for value, named in labels.items()}, ensure_ascii=False)
        raise InputError(f"{path} names the labels in the form of nnU-Net v1; turn name and value round: {turned}")
    for name, named in labels.items():
        values = _as_list(named)
        if not values or not all(type(value) is int and value >= 0 for value in values):
            raise InputError(f"{path}: label '{name}' is {json.dumps(named)}; give an integer, or a list for a region")
    if labels.get(BACKGROUND, 0) != 0:
        raise InputError(f"{path}: background is {labels[BACKGROUND]}; nnU-Net needs it to be 0")
    foreground = {name: named for name, named in labels.items() if named != 0}  # 0 may have any name there
    names = LabelNames({BACKGROUND: 0, **foreground}, regions_class_order)
    if not names.has_regions:
        _refuse_twins(names.labels, path)
    others = [value for value in names.values if value != names.ignore_label]
    if IGNORE in labels and names.values != [*others, names.ignore_label]:
        raise InputError(f"{path}: the ignore label is {labels[IGNORE]}; nnU-Net needs it to be the largest label")
    if IGNORE in labels and others == list(range(len(others))) and names.ignore_label != len(others):
        raise InputError(
            f"{path}: the ignore label is {names.ignore_label}, and nnU-Net needs it to follow the others; renumber it "
            f"to {len(others)}, there and in the label maps"
        )
    if names.values != list(range(len(names.values))):
        raise InputError(
            f"{path}: labels {show_values(names.values)} are not consecutive as nnU-Net needs them; name the missing "
            f"ones too (a value need not occur), or renumber them there and in the label maps"
        )
    painted = [name for name, named in names.labels.items() if name != IGNORE and set(_as_list(named)) != {0}]
    if names.has_regions and (not isinstance(regions_class_order, list) or len(regions_class_order) != len(painted)):
        raise InputError(
            f"{path}: labels with regions need regions_class_order with one value for each of {', '.join(painted)}"
        )
    return names


def _refuse_twins(labels: Mapping[str, Any], path: Path) -> None:
    """Make sure that no value has two names, which nnU-Net allows only for regions."""
    first: dict[int, str] = {}
    for name, named in labels.items():
        for value in _as_list(named):
            if first.setdefault(value, name) != name:
                raise InputError(f"{path} names {value} both '{first[value]}' and '{name}'; keep one of them")


def _as_list(named: Any) -> list[Any]:
    return named if isinstance(named, list) else [named]


def show_values(values: Iterable[int]) -> str:
    """Label values in ascending order; a long run is written as first … last."""
    runs: list[list[int]] = []
    for value in sorted(values):
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    parts = [f"{run[0]} … {run[-1]}" if len(run) > 6 else ", ".join(map(str, run)) for run in runs]
    more = f" and {sum(map(len, runs[12:]))} more" if len(runs) > 12 else ""
    return ", ".join(parts[:12]) + more
