"""Crops of heads, written with all that is needed to carry labels back."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import write_text
from nnunet_deepstaple.files.endings import split_ending
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map

from .contours import TUMOUR
from .grids import crop_grid, mirrored, resample, resample_mask
from .heads import RIGHT, Head

RECORDS = "crops"
GRIDS = ("crop", "head")


@dataclass(frozen=True)
class Window:
    """Voxels of a crop.

    Attributes:
        side: voxels along each axis of the cube about the place.
        levels: which of its levels along the last axis are kept, the first and the one after the last.
    """

    side: int
    levels: tuple[int, int]

    def grid(self, head: Head, place: np.ndarray) -> Geometry:
        """Grid of the crop about a place."""
        first, end = self.levels
        return crop_grid(head.grid, place, (self.side, self.side, end - first), (first + end - self.side) / 2)


@dataclass(frozen=True)
class Record:
    """What was cut from where.

    Attributes:
        case: the scan's id.
        image: the scan's file.
        side: side of the patient; the right one is mirrored left–right.
        crop: the crop's grid, in the mirrored world if it is mirrored.
        head: the scan's own grid.
        votes: places of the cochlea that atlases voted for, where the crop was found by them.
    """

    case: str
    image: str
    side: str
    crop: Geometry
    head: Geometry
    votes: list[list[float]]


def write_crop(
    head: Head,
    window: Window,
    place: np.ndarray,
    folder: Path,
    *,
    labels: Path | None = None,
    votes: np.ndarray | None = None,
) -> None:
    """Write a crop of a head, and when it is complete its record.

    Args:
        head: the head.
        window: what to cut.
        place: the middle.
        folder: where ``images/`` and the record go.
        labels: folder for the tumour on the crop's grid, where the head is labelled.
        votes: the places that the middle comes from, shape (votes, 3).
    """
    grid, image = window.grid(head, place), head.image()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / RECORDS).mkdir(exist_ok=True)
    values = resample(image, head.grid, grid, float(image.min()))
    write_image(values, grid, folder / "images" / f"{head.name}_0000.nii.gz")
    if labels is not None:
        labels.mkdir(parents=True, exist_ok=True)
        tumour = resample_mask(head.mask(TUMOUR), head.grid, grid)
        write_label_map(tumour.astype(np.uint8), grid, labels / f"{head.name}.nii.gz")
    found = [] if votes is None else votes.tolist()
    record = Record(head.scan.case, str(head.scan.image), head.side, grid, head.own_grid, found)
    write_text(_record_file(folder, head.name), json.dumps(asdict(record), indent=2) + "\n")


def read_record(folder: Path, crop: str) -> Record:
    """Record of a crop.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    path = _record_file(folder, crop)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        grids = [Geometry(**{key: tuple(value) for key, value in content.pop(name).items()}) for name in GRIDS]
        return Record(**content, crop=grids[0], head=grids[1])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not a record of a crop; give the folder that prepare_crossmoda wrote it in"
        ) from error


def is_written(head: Head, window: Window, folder: Path, place: np.ndarray | None = None) -> bool:
    """Whether this crop is there already; its place is that of its votes where it is not given.

    Raises:
        InputError: a crop of the same name was cut otherwise.
    """
    path = _record_file(folder, head.name)
    if not path.is_file():
        return False
    record = read_record(folder, head.name)
    middle = np.median(record.votes, axis=0) if place is None else place
    difference = window.grid(head, middle).difference(record.crop)
    if difference:
        raise InputError(f"{path}: this crop was cut before with {difference}; give another -o or the options of then")
    return True


def restore(labels: Path, folders: list[Path], output: Path) -> Iterator[Path]:
    """Carry label maps of crops back to their scans' own grids; both sides of a scan meet in one label map.

    Args:
        labels: folder of ``<crop><ending>``.
        folders: folders that hold the records of the crops.
        output: folder for ``<case>.nii.gz``.

    Yields:
        The files as they are written.

    Raises:
        InputError: a label map has no record, another grid than its crop, or values besides 0 and 1.
    """
    by_case: dict[str, list[tuple[Path, Record]]] = {}
    for path in sorted(labels.iterdir()):
        parts = split_ending(path.name)
        if parts is not None:
            record = _record_of(parts[0], folders)
            _check(path, record)
            by_case.setdefault(record.case, []).append((path, record))
    if not by_case:
        raise InputError(f"{labels} holds no label maps named as the crops are")
    output.mkdir(parents=True, exist_ok=True)
    for case, crops in by_case.items():
        head = crops[0][1].head
        whole = np.zeros(head.size[::-1], np.uint8)
        for path, record in crops:
            own = mirrored(record.crop) if record.side == RIGHT else record.crop
            whole[resample_mask(read_label_map(path)[0] == TUMOUR, own, head)] = TUMOUR
        target = output / f"{case}.nii.gz"
        write_label_map(whole, head, target)
        yield target


def _record_of(crop: str, folders: list[Path]) -> Record:
    for folder in folders:
        if _record_file(folder, crop).is_file():
            return read_record(folder, crop)
    searched = ", ".join(str(folder / RECORDS) for folder in folders)
    raise InputError(f"'{crop}' has no record in {searched}; give the folder that prepare_crossmoda wrote it in")


def _check(path: Path, record: Record) -> None:
    labels, grid = read_label_map(path)
    difference = record.crop.difference(grid)
    if difference:
        raise InputError(f"{path} has {difference}, its crop's; give a label map of the crop as it was cut")
    if labels.max(initial=0) > TUMOUR:
        raise InputError(f"{path} holds the label {labels.max()}; labels of a crop are 0 and 1 (tumour)")


def _record_file(folder: Path, crop: str) -> Path:
    return folder / RECORDS / f"{crop}.json"
