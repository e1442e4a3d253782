"""Label maps: images that hold integers from 0 to 65,535."""

from pathlib import Path

import numpy as np

from ..errors import InputError
from .geometry import Geometry
from .image_files import ending_of, read_geometry, read_image, read_image_header, split_ending, write_image
from .nifti import Buffer

__all__ = [
    "MAX_LABEL",
    "as_labels",
    "ending_of",
    "read_geometry",
    "read_image_header",
    "read_label_map",
    "split_ending",
    "write_label_map",
]

MAX_LABEL = 65535


def read_label_map(path: Path, buffer: Buffer | None = None) -> tuple[np.ndarray, Geometry]:
    """Read a label map.

    Args:
        path: the file.
        buffer: memory for reading many files; the labels are then valid only until the next file is read.

    Returns:
        The labels, shape (z, y, x) or (y, x), uint8 where the file has it and uint16 otherwise, and their
        geometry.

    Raises:
        InputError: the file cannot be read, is no single 2D or 3D image, or holds anything but integers from 0 to
            65,535.
    """
    values, geometry = read_image(path, buffer)
    return as_labels(values, path), geometry


def as_labels(values: np.ndarray, path: Path) -> np.ndarray:
    """Check that ``values`` are labels and give them the smaller of uint8 and uint16 that their type fits.

    Raises:
        InputError: a value is not an integer from 0 to 65,535.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values
    smallest, largest = (values.min(), values.max()) if values.size else (0, 0)
    if not (smallest >= 0 and largest <= MAX_LABEL):
        found = "NaN" if np.isnan(smallest) else f"values from {smallest:g} to {largest:g}"
        raise InputError(f"{path} holds {found}; labels are integers from 0 to {MAX_LABEL}")
    if values.dtype in (np.int8, np.int16):
        return values.view(f"u{values.itemsize}")
    labels = values.astype(np.uint16)
    if values.dtype.kind == "f" and not np.array_equal(labels, values):
        wrong = values[labels != values].flat[0]
        raise InputError(f"{path} holds the value {wrong:.6g}; labels are integers (threshold or round it first)")
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
