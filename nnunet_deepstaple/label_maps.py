"""Reading and writing label maps, in the file formats that nnU-Net reads and writes.

Medical formats go through SimpleITK, which would read a file that is cut off and write to a full disk without a word;
so gzip checksums and file sizes are verified on reading, and every written file is read back. Pictures (png, bmp, tif)
go through nnU-Net's own readers and writers, imported when the first one is met.
"""

import zlib
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .atomic import atomic_path
from .errors import InputError
from .geometry import Geometry
from .nifti import Buffer, plain_voxels, unpack

NIFTI = (".nii.gz", ".nii")
PICTURES = (".png", ".bmp", ".tif", ".tiff")
ENDINGS = (*NIFTI, ".nrrd", ".mha", ".gipl", *PICTURES)
"""File endings of nnU-Net's readers and writers (nnunetv2.imageio), longest first where one ends another."""

MAX_LABEL = 65535

_GIPL_HEADER = 256
"""Bytes before the voxels, which GIPL does not compress."""


def split_ending(name: str) -> tuple[str, str] | None:
    """Split a file name into stem and label-map ending; None for any other file, hidden ones included."""
    if name.startswith("."):
        return None
    for ending in ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], name[-len(ending) :]
    return None


def ending_of(path: Path) -> str:
    """File ending of a label map as it is written, hidden or not."""
    parts = split_ending(path.name.lstrip("."))
    return parts[1] if parts else path.suffix


def read_geometry(path: Path) -> Geometry:
    """Geometry of the file's voxel grid, from its header where the format has one.

    Raises:
        InputError: the file cannot be read as an image.
    """
    if ending_of(path).lower() in PICTURES:
        return read_label_map(path)[1]
    return Geometry.of(_read_header(path))


def read_image_header(path: Path) -> tuple[int, Geometry]:
    """Channels in the file of an image (three in a coloured picture), and the geometry of its voxel grid.

    Raises:
        InputError: the file cannot be read as an image.
    """
    if ending_of(path).lower() in PICTURES:
        values, geometry = _read_picture(path, is_image=True)
        return len(values), geometry
    return 1, read_geometry(path)


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
    if ending_of(path).lower() in PICTURES:
        channels, geometry = _read_picture(path)
        if len(channels) != 1:
            raise InputError(f"{path} has {len(channels)} colour channels; a label map has one")
        return as_labels(channels[0], path), geometry
    header = _read_header(path)
    if header.GetNumberOfComponents() != 1 or header.GetDimension() not in (2, 3):
        raise InputError(
            f"{path} has {header.GetDimension()} dimensions and {header.GetNumberOfComponents()} components per "
            f"voxel; give one 2D or 3D label map per file"
        )
    geometry = Geometry.of(header)
    plain = _plain_voxels(path, geometry.size, buffer or Buffer())
    return as_labels(_read_voxels(path, header) if plain is None else plain, path), geometry


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


def write_label_map(labels: np.ndarray, geometry: Geometry, path: Path) -> None:
    """Write labels, shape (z, y, x) or (y, x), in the smallest unsigned type that fits; whole or not at all.

    Raises:
        InputError: the file cannot be written (no permission, disk full, labels above 255 in a bmp).
    """
    largest = int(labels.max(initial=0))
    labels = labels.astype(np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16, copy=False)
    try:
        with atomic_path(path) as temporary:
            if ending_of(path).lower() in PICTURES:
                from .pictures import write_picture  # noqa: PLC0415

                write_picture(labels, geometry, temporary, path)
            else:
                write_image(labels, geometry, temporary)
            if not np.array_equal(read_label_map(temporary)[0], labels):
                raise OSError("what was written reads back differently")
    except (OSError, RuntimeError, InputError) as error:
        raise unwritable(path, error) from error


def write_image(values: np.ndarray, geometry: Geometry, path: Path) -> None:
    """Write an array of shape (z, y, x) or (y, x) with SimpleITK, compressed."""
    image = sitk.GetImageFromArray(values)
    geometry.apply_to(image)
    sitk.WriteImage(image, str(path), useCompression=True)


def unwritable(path: Path, error: Exception) -> InputError:
    """What to tell when ``path`` could not be written."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else "is the disk full?"
    return InputError(f"{path} cannot be written ({reason}); free some space or choose another folder")


def _read_header(path: Path) -> sitk.ImageFileReader:
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    try:
        path.open("rb").close()
        header.ReadImageInformation()
    except (OSError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    return header


def _plain_voxels(path: Path, size: tuple[int, ...], buffer: Buffer) -> np.ndarray | None:
    """Voxels of a NIfTI file that needs no library; None for others."""
    ending = ending_of(path).lower()
    if ending not in NIFTI:
        return None
    try:
        packed = path.read_bytes()
        content = unpack(packed, buffer) if ending == ".nii.gz" else np.frombuffer(packed, np.uint8)
        return plain_voxels(content, size)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path, error) from error


def _read_voxels(path: Path, header: sitk.ImageFileReader) -> np.ndarray:
    try:
        values = sitk.GetArrayFromImage(header.Execute())
    except RuntimeError as error:
        raise _unreadable(path, error) from error
    if ending_of(path).lower() == ".gipl" and path.stat().st_size < _GIPL_HEADER + values.nbytes:
        raise _unreadable(path, EOFError())
    return values


def _read_picture(path: Path, is_image: bool = False) -> tuple[np.ndarray, Geometry]:
    from .pictures import read_picture  # noqa: PLC0415 (it imports nnU-Net, which medical formats do not need)

    try:
        path.open("rb").close()
        return read_picture(path, is_image)
    except (OSError, RuntimeError, ValueError, SyntaxError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} is missing")
    if isinstance(error, PermissionError):
        return InputError(f"{path} may not be read by you; change its permissions")
    if isinstance(error, EOFError):
        return InputError(f"{path} is cut off; copy or make it again")
    return InputError(f"{path} cannot be read as an image; is it complete and of the type its name says?")
