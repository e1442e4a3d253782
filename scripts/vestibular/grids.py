"""Grids of heads and of crops, and resampling between them.

A right side becomes a left one by reflecting the world in the plane x = 0: the voxels stay where they are, their
positions change. So a crop of a mirrored head is an ordinary image, and carrying its labels back is a resampling.
"""

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry

CROP_SPACING = 0.5
"""Millimetres between the voxels of a crop, along each axis."""

_REFLECTION = np.diag([-1.0, 1.0, 1.0])


def mirrored(grid: Geometry) -> Geometry:
    """The same voxels in the mirrored world; twice is not at all."""
    origin, direction = _REFLECTION @ grid.origin, _REFLECTION @ np.reshape(grid.direction, (3, 3))
    return Geometry(grid.size, grid.spacing, tuple(origin.tolist()), tuple(direction.ravel().tolist()))


def centre_of(grid: Geometry) -> np.ndarray:
    """Position of the middle of a grid."""
    return position(grid, (np.array(grid.size) - 1) / 2)


def position(grid: Geometry, index: np.ndarray) -> np.ndarray:
    """Position of an index x, y, z, which may lie between voxels."""
    return np.array(grid.origin) + np.reshape(grid.direction, (3, 3)) @ (index * np.array(grid.spacing))


def contains(grid: Geometry, place: np.ndarray) -> bool:
    """Whether a position lies within the field of view."""
    direction = np.reshape(grid.direction, (3, 3))
    index = np.linalg.solve(direction, place - np.array(grid.origin)) / grid.spacing
    return bool(np.all((index > -0.5) & (index < np.array(grid.size) - 0.5)))


def crop_grid(head: Geometry, centre: np.ndarray, size: Sequence[int], shift: float = 0) -> Geometry:
    """Grid of a crop, along the head's own axes, named and turned to left, back and head.

    Args:
        head: grid of the head, of the mirrored one where the crop is to be mirrored.
        centre: position of the crop's middle.
        size: voxels along x, y, z.
        shift: voxels that the crop lies nearer to the head's top.
    """
    direction = _to_left_back_and_head(np.reshape(head.direction, (3, 3)))
    first = -(np.array(size) - 1) / 2 + [0, 0, shift]
    origin = centre + direction @ (CROP_SPACING * first)
    return Geometry(tuple(size), (CROP_SPACING,) * 3, tuple(origin.tolist()), tuple(direction.ravel().tolist()))


def resample(values: np.ndarray, source: Geometry, target: Geometry, outside: float) -> np.ndarray:
    """Interpolate values, shape (z, y, x), linearly from one grid to another, as float32; ``outside`` beyond them."""
    image = sitk.GetImageFromArray(values.astype(np.float32))
    source.apply_to(image)
    reference = sitk.Image(target.size, sitk.sitkUInt8)
    target.apply_to(reference)
    return sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, outside))


def resample_mask(mask: np.ndarray, source: Geometry, target: Geometry) -> np.ndarray:
    """Interpolate a mask linearly, and keep what lies above a half."""
    return resample(mask, source, target, 0) > 0.5


def _to_left_back_and_head(direction: np.ndarray) -> np.ndarray:
    """The axes (columns) in the order and sense that comes nearest to left, back and head."""
    columns = [int(np.argmax(np.abs(row))) for row in direction]
    ordered = direction[:, columns]
    return ordered * np.sign(np.diag(ordered))
