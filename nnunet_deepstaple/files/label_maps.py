"""Label maps: images that hold integers from 0 to 65,535."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..errors import InputError
from .atomic import atomic_path
from .buffer import Buffer
from .endings import companion_of, ending_of, split_ending
from .geometry import Geometry
from .image_files import read_geometry, read_image, read_image_header, write_image
from .links import is_there

__all__ = [
    "MAX_LABEL",
    "as_labels",
    "copy_label_map",
    "ending_of",
    "read_geometry",
    "read_image_header",
    "read_label_map",
    "split_ending",
    "write_label_map",
]

MAX_LABEL = 65535

_REMEDY = "round, threshold or renumber it, or take the file away if it is no label map"

NOISE = 1e-4
"""How far from an integer a label may lie, and a few more of the digits that a float has: noise, which is rounded."""


def read_label_map(
    path: Path, buffer: Buffer | None = None, say: Callable[[str], object] = str
) -> tuple[np.ndarray, Geometry]:
    """Read a label map.

    Args:
        path: the file.
        buffer: memory for reading many files; the labels are then valid only until the next file is read.
        say: told when values had to be rounded.

    Returns:
        The labels, shape (z, y, x) or (y, x), uint8 where the file has it and uint16 otherwise, and their
        geometry.

    Raises:
        InputError: the file cannot be read, is no single 2D or 3D image, or holds anything but integers from 0 to
            65,535.
    """
    values, geometry = read_image(path, buffer)
    return as_labels(values, path, say), geometry


def as_labels(values: np.ndarray, path: Path, say: Callable[[str], object] = str) -> np.ndarray:
    """Check that ``values`` are labels and give them the smaller of uint8 and uint16 that their type fits.

    Values within 1e-4 of an integer are that integer, to which a header's scaling or a detour through floats has added
    noise.

    Raises:
        InputError: a value is not an integer from 0 to 65,535.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values
    if values.dtype == bool:
        return values.view(np.uint8)
    smallest, largest = (values.min(), values.max()) if values.size else (0, 0)
    if not (smallest >= -NOISE and largest <= MAX_LABEL + NOISE):
        if np.isnan(smallest):
            raise InputError(
                f"{path} holds NaN (no number); labels are integers: write 0, the background, in its place"
            )
        found = f"values from {smallest:g} to {largest:g}"
        raise InputError(f"{path} holds {found}; labels are integers from 0 to {MAX_LABEL}: {_REMEDY}")
    if values.dtype in (np.int8, np.int16):
        return values.view(f"u{values.itemsize}")
    if values.dtype.kind != "f":
        return values.astype(np.uint16)
    labels = np.rint(values).astype(np.uint16)
    if not np.array_equal(labels, values):
        apart = np.abs(labels - values.astype(np.float64))
        wrong = float(values.flat[apart.argmax()])
        if apart.max() > NOISE + 4 * np.finfo(np.float32).eps * wrong:
            raise InputError(f"{path} holds the value {wrong:.8g}; labels are integers: {_REMEDY}")
        say(f"{path} holds float noise, such as {wrong:.8g} for {round(wrong)}; it is rounded")
    return labels


def write_label_map(labels: np.ndarray, geometry: Geometry, path: Path, buffer: Buffer | None = None) -> None:
    """Write labels, shape (z, y, x) or (y, x), in the smallest unsigned type that fits; whole or not at all.

    Args:
        labels: what to write.
        geometry: of the voxel grid.
        path: the file; its ending tells the format.
        buffer: memory for reading the file back.

    Raises:
        InputError: the file cannot be written (no permission, disk full, labels above 255 in a bmp).
    """
    largest = int(labels.max(initial=0))
    kind = np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16
    write_image(labels.astype(kind, copy=False), geometry, path, buffer)


def copy_label_map(source: Path, target: Path) -> None:
    """Copy a label map byte for byte, and the file beside it that has its spacing if there is one.

    Raises:
        InputError: the file beside it is a link that leads nowhere.
        OSError: it cannot be copied.
    """
    beside, of_target = companion_of(source), companion_of(target)
    if beside is not None and of_target is not None and is_there(beside):
        with atomic_path(of_target) as temporary:
            shutil.copyfile(beside, temporary)
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
