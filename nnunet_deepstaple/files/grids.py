"""Label maps on another grid than their image's: why, and how they look on the image's grid."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

import numpy as np

from .geometry import Geometry

OUTSIDE = 65535
"""Label of voxels that lie outside of what a label map shows, once it is brought onto a larger grid."""


def grid_of_most(geometries: Sequence[Geometry]) -> Geometry:
    """The grid that most of some label maps share, of several the first."""
    shared = [sum(one.difference(other) is None for other in geometries) for one in geometries]
    return geometries[shared.index(max(shared))]


def remedy(grid: Geometry, other: Geometry) -> str:
    """What to do with a candidate on the grid ``other`` that should be on another one, and why they differ."""
    return f"{grid.remedy(other)}, or let that be done with --resample"


def turned(grid: Geometry, other: Geometry) -> tuple[tuple[int, ...], tuple[bool, ...]] | None:
    """How the axes of one grid have to be swapped and turned round to be those of another.

    Returns:
        For each axis (x, y, z) of ``grid`` that of ``other`` which it is, and whether it runs the other way; None where
        the voxels of both are not the same.
    """
    if len(grid.size) != len(other.size):
        return None
    for axes, signs in _turns(len(grid.size)):
        if _turned(other, axes, signs).difference(grid) is None:
            return axes, signs
    return None


def on_grid(labels: np.ndarray, geometry: Geometry, grid: Geometry) -> np.ndarray:
    """Bring a label map onto another grid.

    Where axes only are turned, no voxel changes. Else each label is interpolated linearly, and the largest wins.

    Args:
        labels: shape (z, y, x) or (y, x).
        geometry: of the labels.
        grid: the other grid.

    Returns:
        Labels of the shape of ``grid``; :data:`OUTSIDE` where ``labels`` has no voxel, in uint16 if there are such.

    Raises:
        ValueError: one of the grids is not at right angles or has a spacing that is none, or the labels use
            :data:`OUTSIDE`.
    """
    if grid.difference(geometry) is None:
        return labels
    if (turn := turned(grid, geometry)) is not None:
        axes, signs = turn
        reversed_ = labels.transpose()[
            tuple(slice(None, None, -1) if sign else slice(None) for sign in _of(axes, signs))
        ]
        return np.ascontiguousarray(reversed_.transpose(axes).transpose())
    if not (grid.orthonormal and geometry.orthonormal):
        raise ValueError("its axes are not at right angles")
    if not all(side > 0 for side in (*grid.spacing, *geometry.spacing)):
        raise ValueError("a spacing is not above 0")
    if labels.max(initial=0) == OUTSIDE:
        raise ValueError(f"it holds the label {OUTSIDE}, which stands for voxels outside of it")
    return _resampled(labels, geometry, grid)


def _resampled(labels: np.ndarray, geometry: Geometry, grid: Geometry) -> np.ndarray:
    import SimpleITK as sitk  # noqa: N813, PLC0415 (as in itk_files)

    def onto(values: np.ndarray, interpolator: int, default: float) -> np.ndarray:
        image = sitk.GetImageFromArray(values)
        geometry.apply_to(image)
        reference = sitk.Image(grid.size, sitk.sitkUInt8)
        grid.apply_to(reference)
        return sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), interpolator, default))

    nearest = onto(labels.astype(np.uint16), sitk.sitkNearestNeighbor, OUTSIDE)
    found = np.where(nearest == OUTSIDE, OUTSIDE, 0).astype(np.uint16)
    best = np.full(found.shape, np.float32(0))
    for label in np.flatnonzero(np.bincount(labels.reshape(-1))).tolist():
        share = onto((labels == label).astype(np.float32), sitk.sitkLinear, 0.0)
        wins = (share > best) & (nearest != OUTSIDE)
        best[wins], found[wins] = share[wins], label
    return found


def _turns(axes: int) -> Iterator[tuple[tuple[int, ...], tuple[bool, ...]]]:
    return product(permutations(range(axes)), product((False, True), repeat=axes))


def _turned(geometry: Geometry, axes: tuple[int, ...], signs: tuple[bool, ...]) -> Geometry:
    """A grid whose axis i is axis ``axes[i]`` of another one, run through from its end where ``signs[i]``."""
    columns = np.reshape(geometry.direction, (len(axes), -1))[:, axes] * np.where(signs, -1, 1)
    size, spacing = tuple(geometry.size[axis] for axis in axes), tuple(geometry.spacing[axis] for axis in axes)
    steps = [(length - 1) * side if sign else 0.0 for length, side, sign in zip(size, spacing, signs, strict=True)]
    origin = np.asarray(geometry.origin) - columns @ steps
    return Geometry(size, spacing, tuple(origin.tolist()), tuple(columns.ravel().tolist()))


def _of(axes: tuple[int, ...], signs: tuple[bool, ...]) -> list[bool]:
    """Whether each axis of the other grid is run through from its end."""
    return [signs[axes.index(axis)] for axis in range(len(axes))]
