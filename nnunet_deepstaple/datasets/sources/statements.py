"""Read ``sources.json``: what a user says about the sources of candidates."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...errors import InputError
from ...files.json_files import read_json_object
from ..label_names import BACKGROUND, LabelNames

_KEYS = ("labels", "means", "annotates")


@dataclass(frozen=True)
class Statement:
    """What is said about one source.

    Attributes:
        labels: its numbers; None where its dataset.json gives them.
        means: names that each stand for several other names.
        annotates: names of what it annotates; None for all names in its labels.
    """

    labels: LabelNames | None = None
    means: Mapping[str, list[str]] = field(default_factory=dict)
    annotates: frozenset[str] | None = None


def read_statements(path: Path, sources: Collection[str]) -> dict[str, Statement]:
    """Read ``sources.json``.

    Args:
        path: the file.
        sources: names of the candidates.

    Raises:
        InputError: the file cannot be read, names a source that does not exist, or says something impossible.
    """
    statements = {name: _statement(path, name, said) for name, said in read_json_object(path).items()}
    if unknown := sorted(set(statements).difference(sources)):
        raise InputError(
            f"{path} names '{unknown[0]}', and no candidate is called so; the sources are {_some(sources)}"
        )
    return statements


def _statement(path: Path, name: str, said: Any) -> Statement:
    if not isinstance(said, dict):
        raise InputError(f'{path}: \'{name}\' is {_json(said)}; write {{"labels": {{"liver": 1}}}}')
    if unknown := sorted(set(said).difference(_KEYS)):
        raise InputError(f"{path}: '{name}' has '{unknown[0]}'; write {', '.join(_KEYS)}")
    labels = _labels(path, name, said["labels"]) if "labels" in said else None
    means = _means(path, name, said.get("means", {}))
    annotates = _annotates(path, name, said["annotates"]) if "annotates" in said else None
    return Statement(labels, means, annotates)


def read_own_labels(path: Path) -> LabelNames | None:
    """Labels of a source's own dataset.json, with any numbers; None where it names no labels.

    Raises:
        InputError: the file cannot be read, or its labels are not names and numbers.
    """
    said = read_json_object(path).get("labels")
    return None if said is None else _labels(path, "labels", said)


def _labels(path: Path, name: str, said: Any) -> LabelNames:
    if not isinstance(said, dict) or not said:
        raise InputError(f'{path}: the labels of \'{name}\' are {_json(said)}; write {{"liver": 1, "spleen": 2}}')
    for label, named in said.items():
        values = named if isinstance(named, list) else [named]
        if not label.strip() or not values or not all(type(value) is int and 0 <= value <= 65535 for value in values):
            raise InputError(f"{path}: '{name}' names '{label}': {_json(named)}; give a number, or a list of numbers")
    if said.get(BACKGROUND, 0) != 0:
        raise InputError(f"{path}: the background of '{name}' is {_json(said[BACKGROUND])}; it has to be 0")
    return LabelNames({BACKGROUND: 0, **{label: named for label, named in said.items() if named != 0}})


def _means(path: Path, name: str, said: Any) -> dict[str, list[str]]:
    if not isinstance(said, dict):
        raise InputError(
            f'{path}: "means" of \'{name}\' is {_json(said)}; write {{"gland": ["peripheral", "transition"]}}'
        )
    for region, parts in said.items():
        if not _are_names(parts):
            raise InputError(f"{path}: '{region}' of '{name}' means {_json(parts)}; give a list of names")
        if region in parts:
            raise InputError(f"{path}: '{region}' of '{name}' means itself; name only its parts")
    return said


def _annotates(path: Path, name: str, said: Any) -> frozenset[str]:
    if not isinstance(said, list) or (said and not _are_names(said)):
        raise InputError(f"{path}: '{name}' annotates {_json(said)}; give a list of names")
    if not said:
        raise InputError(
            f"{path}: '{name}' annotates nothing, so it cannot vote; name something, or leave out its files"
        )
    return frozenset(said)


def _are_names(said: Any) -> bool:
    return isinstance(said, list) and bool(said) and all(isinstance(one, str) and one.strip() for one in said)


def _json(said: Any) -> str:
    return json.dumps(said, ensure_ascii=False)


def _some(names: Collection[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:6]) + (f" and {len(listed) - 6} more" if len(listed) > 6 else "")
