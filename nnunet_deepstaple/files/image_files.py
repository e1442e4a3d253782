"""Reading and writing images in the file formats that nnU-Net reads and writes.

Medical formats go through SimpleITK, which would read a file that is cut off and write to a full disk without a word;
so gzip checksums and file sizes are verified on reading, and every written file is read back. Pictures (png, bmp, tif)
go through nnU-Net's own readers, imported when the first one is met.
"""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from ..errors import InputError
from .atomic import atomic_path, writing
from .geometry import Geometry
from .nifti import Buffer, plain_voxels, unpack

NIFTI = (".nii.gz", ".nii")
PICTURES = (".png", ".bmp", ".tif", ".tiff")
ENDINGS = (*NIFTI, ".nrrd", ".mha", ".gipl", *PICTURES)
"""File endings of nnU-Net's readers and writers (nnunetv2.imageio), longest first where one ends another."""

_GIPL_HEADER = 256
"""Bytes before the voxels of a GIPL file, which are not compressed."""


def split_ending(name: str) -> tuple[str, str] | None:
    """Split a file name into stem and image ending; None for any other file, hidden ones included."""
    if name.startswith("."):
        return None
    for ending in ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], name[-len(ending) :]
    return None


def ending_of(path: Path) -> str:
    """File ending of an image as it is written, the file hidden or not."""
    parts = split_ending(path.name.lstrip("."))
    return parts[1] if parts else path.suffix


def read_geometry(path: Path) -> Geometry:
    """Geometry of the file's voxel grid, from its header where the format has one.

    Raises:
        InputError: the file cannot be read as an image.
    """
    if _is_picture(path):
        return read_image(path)[1]
    return Geometry.of(_read_header(path))


def read_image_header(path: Path) -> tuple[int, Geometry]:
    """Channels in the file of an image (three in a coloured picture), and the geometry of its voxel grid.

    Raises:
        InputError: the file cannot be read as an image.
    """
    if _is_picture(path):
        values, geometry = _read_picture(path, is_image=True)
        return len(values), geometry
    return 1, read_geometry(path)


def read_image(path: Path, buffer: Buffer | None = None) -> tuple[np.ndarray, Geometry]:
    """Read a 2D or 3D image with one component.

    Args:
        path: the file.
        buffer: memory for reading many files; the values are then valid only until the next file is read.

    Returns:
        The values, shape (z, y, x) or (y, x), in the file's type, and their geometry.

    Raises:
        InputError: the file cannot be read, or is no such image.
    """
    if _is_picture(path):
        channels, geometry = _read_picture(path)
        if len(channels) != 1:
            raise InputError(f"{path} has {len(channels)} colour channels; a label map has one")
        return channels[0], geometry
    header = _read_header(path)
    if header.GetNumberOfComponents() != 1 or header.GetDimension() not in (2, 3):
        raise InputError(
            f"{path} has {header.GetDimension()} dimensions and {header.GetNumberOfComponents()} components per "
            f"voxel; give one 2D or 3D image per file"
        )
    geometry = Geometry.of(header)
    values = _read_nifti(path, geometry.size, buffer or Buffer())
    return (_read_voxels(path, header) if values is None else values), geometry


def read_grey(path: Path) -> tuple[np.ndarray, Geometry]:
    """Read a channel of an image to look at: as :func:`read_image`, the mean of the colours of a picture.

    Raises:
        InputError: the file cannot be read, or is no such image.
    """
    if not _is_picture(path):
        return read_image(path)
    channels, geometry = _read_picture(path, is_image=True)
    return channels.mean(axis=0, dtype=np.float32), geometry


def write_image(values: np.ndarray, geometry: Geometry, path: Path, buffer: Buffer | None = None) -> None:
    """Write values, shape (z, y, x) or (y, x), compressed; whole or not at all.

    Args:
        values: what to write, in the type to write it.
        geometry: of the voxel grid.
        path: the file; its ending tells the format.
        buffer: memory for reading the file back.

    Raises:
        InputError: the file cannot be written (no permission, disk full, a type that the format does not have).
    """
    with writing(path), atomic_path(path) as temporary:
        if _is_picture(path):
            from .pictures import write_picture  # noqa: PLC0415 (see there)

            write_picture(values, geometry, temporary, path)
        else:
            image = sitk.GetImageFromArray(values)
            geometry.apply_to(image)
            with _quiet():
                sitk.WriteImage(image, str(temporary), useCompression=True)
        if not np.array_equal(read_image(temporary, buffer)[0], values):
            raise OSError("what was written reads back differently")


def _is_picture(path: Path) -> bool:
    return ending_of(path).lower() in PICTURES


def _read_header(path: Path) -> sitk.ImageFileReader:
    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    if ending_of(path).lower() in NIFTI:
        header.SetImageIO("NiftiImageIO")  # spares asking every format that ITK knows
    try:
        path.open("rb").close()
        with _quiet():
            header.ReadImageInformation()
    except (OSError, RuntimeError) as error:
        raise _unreadable(path, error) from error
    return header


def _read_nifti(path: Path, size: tuple[int, ...], buffer: Buffer) -> np.ndarray | None:
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
        with _quiet():
            values = sitk.GetArrayFromImage(header.Execute())
    except RuntimeError as error:
        raise _unreadable(path, error) from error
    if ending_of(path).lower() == ".gipl" and path.stat().st_size < _GIPL_HEADER + values.nbytes:
        raise _unreadable(path, EOFError())
    return values


def _read_picture(path: Path, is_image: bool = False) -> tuple[np.ndarray, Geometry]:
    from .pictures import read_picture  # noqa: PLC0415 (medical formats do not need what it imports)

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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep ITK's file libraries from writing to stderr; what they say comes as an exception, or is found out."""
    try:
        stderr = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    os.close(silence)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
