"""Medical image files through SimpleITK, which nnU-Net reads them with.

ITK reads a file that is cut off and writes to a full disk without a word; :mod:`.image_files` looks after that.
SimpleITK is imported with the first file, since it takes longer than all that a command does for ``--help``.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .detached import require_own_voxels
from .geometry import Geometry

if TYPE_CHECKING:
    import SimpleITK as sitk  # noqa: N813 (the field's usual name)


def read_header(path: Path, nifti: bool) -> "sitk.ImageFileReader":
    """Read the header, and give the reader that may then read the voxels (:func:`read_voxels`).

    The format is that of the file's ending: ITK knows others, and some of them let other files be read.

    Args:
        path: the file.
        nifti: it is a NIfTI file, which spares asking every format that ITK knows.

    Raises:
        OSError: the file cannot be opened.
        RuntimeError: ITK cannot read the header.
        ValueError: the header names another file for the voxels.
    """
    import SimpleITK as sitk  # noqa: N813, PLC0415 (see above)

    header = sitk.ImageFileReader()
    header.SetFileName(str(path))
    format_of = {".mha": "MetaImageIO", ".nrrd": "NrrdImageIO", ".gipl": "GiplImageIO"}
    if nifti or path.suffix.lower() in format_of:
        header.SetImageIO("NiftiImageIO" if nifti else format_of[path.suffix.lower()])
    path.open("rb").close()
    require_own_voxels(path)
    with _quiet():
        header.ReadImageInformation()
    return header


def volumes_and_geometry(header: "sitk.ImageFileReader") -> tuple[int | None, Geometry]:
    """Volumes of a 4D file, None of others, and the geometry of one of them.

    Raises:
        ValueError: there are several values in a voxel, or more dimensions.
    """
    components, dimensions = header.GetNumberOfComponents(), header.GetDimension()
    if components != 1:
        raise ValueError(
            f"it has {components} values in each voxel (colours or layers) instead of one; save it with one"
        )
    if dimensions not in (2, 3, 4):
        raise ValueError(f"it has {dimensions} dimensions instead of 2 or 3; drop or split the others")
    geometry = Geometry.of(header)
    if dimensions < 4:
        return None, geometry
    direction = np.reshape(geometry.direction, (4, 4))[:3, :3].ravel().tolist()
    grid = Geometry(geometry.size[:3], geometry.spacing[:3], geometry.origin[:3], tuple(direction))
    return geometry.size[3], grid


def read_voxels(header: "sitk.ImageFileReader") -> np.ndarray:
    """Voxels of the file whose header was read, shape (…, z, y, x).

    Raises:
        RuntimeError: ITK cannot read them.
    """
    import SimpleITK as sitk  # noqa: N813, PLC0415 (see above)

    with _quiet():
        return sitk.GetArrayFromImage(header.Execute())


def write(values: np.ndarray, geometry: Geometry, path: Path) -> None:
    """Write values, shape (z, y, x) or (y, x), compressed.

    Raises:
        RuntimeError: ITK cannot write the file.
    """
    import SimpleITK as sitk  # noqa: N813, PLC0415 (see above)

    image = sitk.GetImageFromArray(values)
    geometry.apply_to(image)
    with _quiet():
        sitk.WriteImage(image, str(path), useCompression=True)


def reason(error: RuntimeError) -> str:
    """What ITK says, less where in its sources it says it."""
    said = re.split(r"(?:ITK|sitk::) ?ERROR: ", str(error))[-1]
    said = re.sub(r"^\w+\(0x[0-9a-f]+\): ", "", said)
    return " ".join(said.split()).rstrip(".")


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
