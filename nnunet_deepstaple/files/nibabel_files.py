"""NIfTI files that ITK refuses, through nibabel, as nnU-Net's NibabelIO reads them.

These are grids whose axes are not at right angles, and NIfTI-2. Imported when the first one is met.
"""

import math
from pathlib import Path

import nibabel
import numpy as np
from nibabel.imageglobals import LoggingOutputSuppressor

from .geometry import Geometry

_TO_LPS = np.diag([-1.0, -1.0, 1.0])
"""From the world of nibabel (right, anterior, superior) to that of ITK (left, posterior, superior)."""


def read(path: Path, size: int) -> tuple[int | None, np.ndarray, Geometry]:
    """Read a file.

    Args:
        path: the file.
        size: its bytes, unpacked.

    Returns:
        How many volumes a 4D file has, None for others; their voxels, scaled as the header says, shape
        (volumes, z, y, x) or (1, y, x); and the geometry of one of them.

    Raises:
        Exception: nibabel cannot read the file, or it is cut off or has other dimensions.
    """
    with LoggingOutputSuppressor():
        image = nibabel.load(path, mmap=False)
        if not isinstance(image, nibabel.Nifti1Image):
            raise ValueError("it is no NIfTI file")
        if image.get_data_dtype().kind not in "biuf":
            raise ValueError(
                "it has several values in each voxel (colours or complex numbers) instead of one; save it with one"
            )
        if image.ndim < 2 or math.prod(image.shape[4:]) != 1:
            raise ValueError(
                f"it has the shape {image.shape} instead of two or three dimensions; drop or split the others"
            )
        if math.prod(image.shape) * image.get_data_dtype().itemsize > size:
            raise ValueError("it is cut off")
        geometry = _geometry(image)
        voxels = np.asanyarray(image.dataobj).reshape((*geometry.size, -1), order="F").T
        return image.shape[3] if image.ndim > 3 else None, voxels, geometry


def write(values: np.ndarray, geometry: Geometry, path: Path) -> None:
    """Write values, shape (z, y, x), whose grid may have axes at any angles.

    Raises:
        OSError: the file cannot be written.
    """
    affine = np.eye(4)
    affine[:3, :3] = _TO_LPS @ np.reshape(geometry.direction, (3, 3)) * geometry.spacing
    affine[:3, 3] = _TO_LPS @ geometry.origin
    image = nibabel.Nifti1Image(values.T, None)
    image.header.set_zooms(geometry.spacing)
    image.set_sform(affine, 1)
    nibabel.save(image, path)


def _geometry(image: nibabel.Nifti1Image) -> Geometry:
    dimensions = min(image.ndim, 3)
    spacing = np.asarray(image.header.get_zooms()[:dimensions], float)
    affine = _TO_LPS @ image.affine[:3]
    lengths = np.linalg.norm(affine[:, :3], axis=0)
    lengths[lengths == 0] = 1
    if not np.isfinite(affine).all():
        raise ValueError("the affine of its header holds numbers that are none")
    return Geometry(
        tuple(image.shape[:dimensions]),
        tuple(np.where(affine[:, :dimensions].any(axis=0), lengths[:dimensions], spacing).tolist()),
        tuple(affine[:dimensions, 3].tolist()),
        tuple((affine[:, :3] / lengths)[:dimensions, :dimensions].ravel().tolist()),
    )
