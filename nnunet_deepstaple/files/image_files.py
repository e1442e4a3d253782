"""Reading and writing images in the file formats that nnU-Net reads and writes.

Medical formats go through SimpleITK, and NIfTI files that it refuses through nibabel, as in nnU-Net. SimpleITK would
read a file that is cut off and write to a full disk without a word; so gzip checksums and file sizes are verified on
reading, and every written file is read back. Pictures (png, bmp, tif) are read as nnU-Net does. The modules for
pictures and for nibabel are imported when the first such file is met.
"""

import errno
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import InputError
from . import itk_files
from .atomic import atomic_path, writing
from .buffer import Buffer
from .endings import DEFLATE, NIFTI, PICTURES, companion_of, ending_of
from .geometry import Geometry
from .known_grids import known_grid, remember_grid
from .links import pointer
from .nifti import header_of, plain_voxels, require_spacing, unpack
from .nrrd import packed_voxels
from .unreadable import unreadable

_GIPL_HEADER = 256
"""Bytes before the voxels of a GIPL file, which are not compressed."""

_GZIP = b"\x1f\x8b"
"""First bytes of a file that is packed by gzip."""


def read_geometry(path: Path) -> Geometry:
    """Geometry of the voxel grid of a label map, from its header where the format has one.

    Raises:
        InputError: the file cannot be read, or is no single 2D or 3D image.
    """
    if _is_picture(path):
        return read_image(path)[1]
    volumes, geometry = _read_header(path)
    _require_one(path, volumes or 1)
    return geometry


def read_image_header(path: Path) -> tuple[int, Geometry]:
    """Channels in the file of an image (three in a coloured picture), and the geometry of its voxel grid.

    Raises:
        InputError: the file cannot be read as an image, or is 4D, for which nnU-Net could not write a prediction.
    """
    if _is_picture(path):
        with _reading(path):
            from .pictures import read_picture  # noqa: PLC0415 (medical formats do not need what it imports)

            values, geometry = read_picture(path, is_image=True)
            return len(values), geometry
    volumes, geometry = _read_header(path)
    if volumes == 1:
        raise InputError(
            f"{path} has a fourth axis, of length 1, and nnU-Net could write no prediction for it; drop that axis"
        )
    if volumes is not None:
        raise InputError(
            f"{path} is a 4D image ({volumes} volumes), and nnU-Net needs each channel in a file of its own; split it "
            f"into <image>_0000, <image>_0001, … (nnUNetv2_convert_MSD_dataset does so)"
        )
    return 1, geometry


def needs_nibabel(path: Path) -> bool:
    """Whether a file is one that ITK refuses and nibabel reads.

    Raises:
        InputError: the file cannot be read.
    """
    if not _is_nifti(path):
        return False
    with _reading(path):
        try:
            itk_files.read_header(path, nifti=True)
        except RuntimeError:
            _read_header(path)
            return True
    return False


def read_image(path: Path, buffer: Buffer | None = None) -> tuple[np.ndarray, Geometry]:
    """Read a 2D or 3D image with one value in each voxel.

    Args:
        path: the file.
        buffer: memory for reading many files; the values are then valid only until the next file is read.

    Returns:
        The values, shape (z, y, x) or (y, x), in the file's type, and their geometry.

    Raises:
        InputError: the file cannot be read, or is no such image.
    """
    with _reading(path):
        if _is_picture(path):
            from .pictures import read_picture  # noqa: PLC0415 (medical formats do not need what it imports)

            values, geometry = read_picture(path)
            _require_one(path, len(values))
            return values[0], geometry
        if _is_nifti(path):
            return _read_nifti(path, buffer or Buffer())
        header = itk_files.read_header(path, nifti=False)
        volumes, geometry = itk_files.volumes_and_geometry(header)
        _require_one(path, volumes or 1)
        is_gipl = ending_of(path).lower() == ".gipl"
        _refuse_cut_off(geometry, (1 if is_gipl else DEFLATE) * path.stat().st_size)
        if path.suffix.lower() == ".nrrd":
            found = packed_voxels(path, geometry.size, buffer or Buffer())
            if found is not None:
                return found, geometry
        values = itk_files.read_voxels(header).reshape(geometry.size[::-1])
        if is_gipl and path.stat().st_size < _GIPL_HEADER + values.nbytes:
            raise EOFError
        return values, geometry


def read_grey(path: Path) -> tuple[np.ndarray, Geometry]:
    """Read a channel of an image to look at: as :func:`read_image`, the mean of the colours of a picture.

    Raises:
        InputError: the file cannot be read, or is no such image.
    """
    if not _is_picture(path):
        return read_image(path)
    with _reading(path):
        from .pictures import read_picture  # noqa: PLC0415 (as above)

        channels, geometry = read_picture(path, is_image=True)
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
    with writing(path, "choose another file ending"), atomic_path(path) as temporary:
        if _is_picture(path):
            from .pictures import write_picture  # noqa: PLC0415 (as above)

            write_picture(values, geometry, temporary, companion_of(path))
        elif _is_nifti(path) and values.ndim == 3 and not geometry.orthonormal:
            from . import nibabel_files  # noqa: PLC0415 (few files need it)

            nibabel_files.write(values, geometry, temporary)
        else:
            itk_files.write(values, geometry, temporary)
        try:
            written, _ = read_image(temporary, buffer)
        except InputError as error:
            raise OSError(errno.EIO, "it came out incomplete; is a quota used up?") from error
        if not np.array_equal(written, values):
            raise OSError("what was written reads back differently")


def _is_picture(path: Path) -> bool:
    return ending_of(path).lower() in PICTURES


def _is_nifti(path: Path) -> bool:
    return ending_of(path).lower() in NIFTI


def _is_packed(path: Path) -> bool:
    return ending_of(path).lower() == ".nii.gz"


def _read_header(path: Path) -> tuple[int | None, Geometry]:
    """Volumes of a medical image (None where it is not 4D) and the geometry of one of them."""
    with _reading(path):
        try:
            return itk_files.volumes_and_geometry(itk_files.read_header(path, _is_nifti(path)))
        except RuntimeError as refused:
            if not _is_nifti(path):
                raise
            volumes, _, geometry = _with_nibabel(path, path.read_bytes(), refused)
            return volumes, geometry


def _read_nifti(path: Path, buffer: Buffer) -> tuple[np.ndarray, Geometry]:
    """Voxels and grid of a NIfTI file. ITK reads its header, unless it has read an equal one before."""
    packed = path.read_bytes()
    start = header_of(packed, _is_packed(path))
    geometry, header = known_grid(start), None
    if geometry is None:
        try:
            header = itk_files.read_header(path, nifti=True)
        except RuntimeError as refused:
            volumes, values, geometry = _with_nibabel(path, packed, refused)
            _require_one(path, volumes or 1)
            return values[0], geometry
        volumes, geometry = itk_files.volumes_and_geometry(header)
        _require_one(path, volumes or 1)
    content = _content(path, packed, buffer)
    _refuse_cut_off(geometry, len(content))
    require_spacing(content, geometry.size)
    found = plain_voxels(content, geometry.size)
    if found is not None:
        remember_grid(start, geometry)
        return found, geometry
    _refuse_twin(path)
    header = header or itk_files.read_header(path, nifti=True)
    return itk_files.read_voxels(header).reshape(geometry.size[::-1]), geometry


def _with_nibabel(path: Path, packed: bytes, refused: RuntimeError) -> tuple[int | None, np.ndarray, Geometry]:
    """What :func:`.nibabel_files.read` gives of a NIfTI file that ITK has refused, and whose bytes are ``packed``.

    Raises:
        EOFError, zlib.error: it is cut off.
        ValueError: nibabel refuses it too.
    """
    content = _content(path, packed, Buffer())
    from . import nibabel_files  # noqa: PLC0415 (few files need it)

    try:
        found = nibabel_files.read(path, len(content))
        _refuse_empty(found[1].size)
        return found
    except Exception as error:
        raise ValueError(f"{itk_files.reason(refused)}; nibabel: {' '.join(str(error).split())}") from error


def _content(path: Path, packed: bytes, buffer: Buffer) -> np.ndarray:
    return unpack(packed, buffer) if _is_packed(path) else np.frombuffer(packed, np.uint8)


def _refuse_cut_off(geometry: Geometry, size: int) -> None:
    """Make sure that no memory is taken for voxels that cannot be in ``size`` bytes, whatever the header says."""
    if math.prod(geometry.size) > size:
        raise EOFError
    _refuse_empty(math.prod(geometry.size))


def _refuse_empty(voxels: int) -> None:
    if not voxels:
        raise ValueError("it has no voxels; copy or make it again")


def _refuse_twin(path: Path) -> None:
    """Make sure that ITK would not take the voxels of ``x.nii.gz`` from ``x.nii``, which it does where both lie."""
    twin = path.with_name(path.name[:-3])
    if ending_of(path).lower() == ".nii.gz" and twin.is_file():
        raise InputError(f"{path} lies beside {twin.name}, from which ITK would read its voxels; move one of them away")


def _require_one(path: Path, channels: int) -> None:
    if channels != 1:
        if _is_picture(path):
            raise InputError(
                f"{path} has {channels} colour channels (or a palette of colours), a label map has one; save it in "
                f"grey, the value of each pixel being its label"
            )
        raise InputError(
            f"{path} has {channels} volumes (it is 4D), a label map has one; write one volume with a value for each "
            f"label"
        )


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Tell what is wrong with a file, whatever the libraries raise that read it.

    Raises:
        InputError: the block raised anything.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except (FileNotFoundError, PermissionError) as error:
        raise unreadable(path, error) from error
    except Exception as error:  # each library has its own, and damaged files find what they forgot
        raise InputError(f"{path} cannot be read as an image ({_reason(path, error)})") from error


def _reason(path: Path, error: Exception) -> str:
    try:
        with path.open("rb") as file:
            start = file.read(64)
    except OSError as unopened:
        return str(unopened.strerror)
    if not start:
        return "it is empty; copy or make it again"
    if (not_fetched := pointer(start)) is not None:
        return not_fetched
    if isinstance(error, EOFError):
        return "it is cut off; copy or make it again"
    if start.startswith(_GZIP) and not path.name.lower().endswith(".gz"):
        return "it is packed by gzip; add .gz to its name"
    said = itk_files.reason(error) if isinstance(error, RuntimeError) else " ".join(str(error).split())
    said = said or type(error).__name__
    own = isinstance(error, ValueError) and ";" in said and "nibabel: " not in said
    return said if own else f"{said}; copy or make it again"
