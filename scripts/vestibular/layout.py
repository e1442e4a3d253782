"""Where the CrossMoDA challenge keeps its files, and what may be wrong with them."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.endings import split_ending
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_geometry
from nnunet_deepstaple.files.label_maps import read_label_map

from .contours import COCHLEA, TUMOUR

SOURCES, TARGETS, TEST = "source_training", "target_training", "target_validation"
LABEL = "_Label"
SIDES = ("left", "right")


@dataclass(frozen=True)
class Scan:
    """An image of the challenge, and its label map where there is one."""

    case: str
    image: Path
    label: Path | None = None

    def labels(self) -> tuple[np.ndarray, Geometry]:
        """Label map, shape (z, y, x), and its grid.

        Raises:
            InputError: it cannot be read, has another grid than the image, or values besides 0, 1 and 2.
        """
        assert self.label is not None
        labels, grid = read_label_map(self.label)
        other = sorted(set(np.unique(labels).tolist()) - {0, TUMOUR, COCHLEA})
        if other:
            raise InputError(f"{self.label} holds the label {other[0]}; CrossMoDA's are 0, 1 (tumour) and 2 (cochlea)")
        difference = read_geometry(self.image).difference(grid)
        if difference:
            raise InputError(f"{self.label} has {difference} as {self.image} has; give the label map of this image")
        return labels, grid


def find_sources(folder: Path) -> list[Scan]:
    """Scans ``<case>_ceT1`` with their ``<case>_Label``.

    Raises:
        InputError: there are none, or a label map is missing.
    """
    return _with_labels(_find(folder / SOURCES, "_ceT1"), folder / SOURCES)


def find_targets(folder: Path, labels: Path | None) -> list[Scan]:
    """Scans ``<case>_hrT2`` of one folder, none where there is no such folder.

    Args:
        folder: the challenge's ``target_training`` or ``target_validation``.
        labels: folder of ``<case>_Label`` or ``<case>``, where there are such, to judge with.

    Raises:
        InputError: there are none in the folder, or a label map is missing.
    """
    if not folder.is_dir():
        return []
    scans = _find(folder, "_hrT2")
    return _with_labels(scans, labels) if labels else scans


def read_sides(path: Path, scans: Sequence[Scan]) -> dict[str, tuple[str, ...]]:
    """Sides of each scan from a table with the columns ``case`` and ``side``.

    Raises:
        InputError: the table cannot be read, has other columns or sides, or a scan has no side.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read; give a table with the columns case and side") from error
    sides: dict[str, tuple[str, ...]] = {}
    for row in rows:
        if row.get("side") not in SIDES or not row.get("case"):
            raise InputError(f"{path}: the row {dict(row)} has no case and no side that is left or right; mend it")
        sides[row["case"]] = tuple(sorted({*sides.get(row["case"], ()), row["side"]}))
    for scan in scans:
        if scan.case not in sides:
            raise InputError(f"{path} has no side for image '{scan.case}'; add a row with left or right")
    return sides


def _find(folder: Path, suffix: str) -> list[Scan]:
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give CrossMoDA's folder with {SOURCES}/ and {TARGETS}/")
    names = _by_name(folder)
    scans = [Scan(name.removesuffix(suffix), path) for name, path in names.items() if name.endswith(suffix)]
    if not scans:
        raise InputError(f"{folder} holds no images named <case>{suffix}.nii.gz")
    return scans


def _with_labels(scans: Sequence[Scan], folder: Path) -> list[Scan]:
    names: Mapping[str, Path] = _by_name(folder) if folder.is_dir() else {}
    found = []
    for scan in scans:
        label = names.get(f"{scan.case}{LABEL}", names.get(scan.case))
        if label is None:
            raise InputError(f"{folder} has no label map {scan.case}{LABEL}.nii.gz for {scan.image}; add it")
        found.append(Scan(scan.case, scan.image, label))
    return found


def _by_name(folder: Path) -> dict[str, Path]:
    split = ((split_ending(path.name), path.absolute()) for path in sorted(folder.iterdir()))
    return {parts[0]: path for parts, path in split if parts is not None}
