"""Reading and writing label maps, in the file formats that nnU-Net reads and writes."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .atomic import atomic_path
from .errors import InputError
from .geometry import Geometry

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".gipl", ".png", ".bmp", ".tif", ".tiff")
"""File endings of nnU-Net's readers and writers (nnunetv2.imageio), longest first where one ends another."""

MAX_LABEL = 65535


def split_ending(name: str) -> tuple[str, str] | None:
    """Split a file name into stem and label-map ending; None for any other file, hidden ones included."""
    if name.startswith("."):
        return None
    for ending in ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], name[-len(ending) :]
    return None


def read_geometry(path: Path) -> Geometry:
    """Geometry from the header of ``path``; the voxels are not read.

    Raises:
        InputError: the file cannot be read as an image.
    """
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise _unreadable(path) from error
    return Geometry.of(reader)


def read_label_map(path: Path) -> tuple[np.ndarray, Geometry]:
    """Read a label map.

    Returns:
        The labels, shape (z, y, x) or (y, x), uint8 where the file has it and uint16 otherwise, and their
        geometry.

    Raises:
        InputError: the file cannot be read, or holds anything but integers from 0 to 65,535.
    """
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise _unreadable(path) from error
    if image.GetNumberOfComponentsPerPixel() != 1:
        raise InputError(
            f"{path} has {image.GetNumberOfComponentsPerPixel()} components per voxel; give one label map per file"
        )
    return as_labels(sitk.GetArrayFromImage(image), path), Geometry.of(image)


def as_labels(values: np.ndarray, path: Path) -> np.ndarray:
    """Check that ``values`` are labels and give them the smaller of uint8 and uint16 that their type fits.

    Raises:
        InputError: a value is not an integer from 0 to 65,535.
    """
    if values.dtype in (np.uint8, np.uint16):
        return values
    if values.size and not (np.nanmin(values) >= 0 and np.nanmax(values) <= MAX_LABEL):
        raise InputError(
            f"{path} holds values from {np.nanmin(values):g} to {np.nanmax(values):g}; "
            f"labels are integers from 0 to {MAX_LABEL}"
        )
    labels = values.astype(np.uint16)
    if not np.array_equal(labels, values):
        wrong = values[labels != values].flat[0]
        raise InputError(f"{path} holds the value {wrong:.6g}; labels are integers (threshold or round it first)")
    return labels


def write_label_map(labels: np.ndarray, geometry: Geometry, path: Path) -> None:
    """Write labels, shape (z, y, x) or (y, x), in the smallest unsigned type that fits; whole or not at all."""
    largest = int(labels.max(initial=0))
    image = sitk.GetImageFromArray(labels.astype(np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16))
    geometry.apply_to(image)
    with atomic_path(path) as temporary:
        sitk.WriteImage(image, str(temporary), useCompression=True)


def _unreadable(path: Path) -> InputError:
    if not path.is_file():
        return InputError(f"{path} is missing")
    return InputError(f"{path} cannot be read as an image; is it complete, readable and of the type its name says?")
