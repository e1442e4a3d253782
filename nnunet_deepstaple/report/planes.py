"""Which planes and slices of an image are drawn, and how they are oriented on the screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import SimpleITK as sitk  # noqa: N813

from ..files.geometry import Geometry
from ..fusion.votes.votes import VoteMap

T = TypeVar("T")

_MARGIN = 0.2
"""Margin around the foreground, as a share of its extent; at least :data:`_LEAST` voxels."""

_LEAST = 6
_PIXELS = 220_000
"""Largest number of pixels of all slices of a plane."""

_SLICES = 48


@dataclass(frozen=True)
class Scene:
    """The part of an image that is drawn, with its axes turned for drawing.

    Attributes:
        codes: row of the vote pattern of each voxel, shape (slices, rows, columns). The axes of a 3D image go to
            superior, posterior and left. A 2D image has one slice.
        spacing: millimetres along these axes.
        first: place of the first of these voxels in the image, along these axes.
        anatomical: whether the axes have these meanings; a 2D image is drawn as it is stored.
    """

    codes: np.ndarray
    spacing: tuple[float, float, float]
    first: tuple[int, int, int]
    anatomical: bool


@dataclass(frozen=True)
class Plane:
    """Slices of a scene in one direction; a sheet has them one below the other.

    Attributes:
        name: ``axial``, ``coronal`` or ``sagittal``; ``image`` in 2D.
        axis: axis of the scene that is perpendicular to the slices.
        slices: places of the slices along this axis, in the scene.
        worst: the slice with the most disagreement, as a place in ``slices``.
        step: of images that are too large, only every ``step``-th pixel is drawn.
    """

    name: str
    axis: int
    slices: Sequence[int]
    worst: int
    step: int

    def keeping(self, places: Sequence[int]) -> "Plane":
        """The plane with only some of its slices, the worst among them."""
        return replace(self, slices=[self.slices[place] for place in places], worst=places.index(self.worst))

    def stack(self, values: np.ndarray) -> np.ndarray:
        """Slices of an array of the scene's shape as the page shows them, shape (slices, height, width)."""
        shown = np.moveaxis(values, self.axis, 0)[list(self.slices)]
        if self.axis > 0:  # rows from superior to inferior
            shown = shown[:, ::-1]
        return shown[:, :: self.step, :: self.step]

    def sheet(self, values: np.ndarray) -> np.ndarray:
        """The slices one below the other, shape (slices · height, width)."""
        shown = self.stack(values)
        return np.ascontiguousarray(shown).reshape(-1, shown.shape[-1])


def set_scene(votes: VoteMap, geometry: Geometry) -> Scene:
    """Cut out the foreground with a margin, and turn the axes."""
    shape: tuple[int, ...] = (1,) * (3 - len(votes.shape)) + votes.shape
    crop = [_crop(side, length) for side, length in zip(votes.box, shape, strict=True)]
    codes = np.zeros([side.stop - side.start for side in crop], votes.codes.dtype)
    if votes.codes.size:
        inside = tuple(
            slice(side.start - around.start, side.stop - around.start)
            for side, around in zip(votes.box, crop, strict=True)
        )
        codes[inside] = votes.codes
    anatomical = len(votes.shape) == 3
    spacing = geometry.spacing[::-1] if anatomical else (1.0, *geometry.spacing[::-1])
    order, flipped = _turn(geometry)
    first = [
        shape[axis] - side.stop if axis in flipped else side.start  # in the direction of the turned axis
        for axis, side in enumerate(crop)
    ]
    return Scene(
        np.transpose(np.flip(codes, flipped), order),
        _permuted(spacing, order),
        _permuted(first, order),
        anatomical,
    )


def cut(values: np.ndarray, votes: VoteMap, geometry: Geometry) -> np.ndarray:
    """The part of an image, shape (z, y, x) or (y, x), that :func:`set_scene` cuts out, in the scene's shape."""
    shape: tuple[int, ...] = (1,) * (3 - values.ndim) + values.shape
    volume = values.reshape(shape)
    crop = tuple(_crop(side, length) for side, length in zip(votes.box, shape, strict=True))
    order, flipped = _turn(geometry)
    return np.transpose(np.flip(volume[crop], flipped), order)


def planes_of(scene: Scene, disagreement: np.ndarray) -> list[Plane]:
    """Planes through the voxel whose planes hold the most disagreement.

    As many slices are shown as there is room for. The slice of that voxel is always shown. The other slices have even
    distances.

    Args:
        scene: what is drawn.
        disagreement: of each vote pattern, shape (P,), from 0 to 1.
    """
    heat = disagreement.astype(np.float32)[scene.codes]
    names = ("axial", "coronal", "sagittal") if scene.anatomical else ("image",)
    planes = []
    for axis, name in enumerate(names):
        across = tuple(other for other in range(3) if other != axis)
        shown = (scene.codes != 0).any(axis=across)
        slices, worst = _slices(heat.sum(axis=across), shown, scene.codes.size)
        pixels = scene.codes.size // scene.codes.shape[axis]
        planes.append(Plane(name, axis, slices, worst, int(np.ceil(np.sqrt(pixels / _PIXELS)))))
    return planes


def _slices(heat: np.ndarray, shown: np.ndarray, voxels: int) -> tuple[list[int], int]:
    """Slices to draw and the place of the worst among them, from the content of each slice along an axis."""
    occupied = np.flatnonzero(shown)
    middle = int(occupied[len(occupied) // 2]) if occupied.size else len(heat) // 2
    worst = int(heat.argmax()) if heat.any() else middle
    first, last = (int(occupied[0]), int(occupied[-1])) if occupied.size else (worst, worst)
    room = min(max(_PIXELS * len(heat) // voxels, 1), _SLICES)
    step = -(-(last - first + 1) // room)
    slices = list(range(first + (worst - first) % step, last + 1, step))
    return slices, slices.index(worst)


def _crop(side: slice, length: int) -> slice:
    if side.start == side.stop:
        return slice(0, length)
    margin = max(round(_MARGIN * (side.stop - side.start)), _LEAST)
    return slice(max(side.start - margin, 0), min(side.stop + margin, length))


def _turn(geometry: Geometry) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Order of the array's axes (z, y, x) in a scene, and the axes to flip; 2D images are not turned."""
    if len(geometry.size) < 3:
        return (0, 1, 2), ()
    letters = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(geometry.direction)[::-1]
    order = tuple(next(axis for axis, end in enumerate(letters) if end in pair) for pair in ("SI", "PA", "LR"))
    return order, tuple(axis for axis, end in enumerate(letters) if end in "IAR")


def _permuted(values: Iterable[T], order: Sequence[int]) -> tuple[T, T, T]:
    values = list(values)
    first, second, third = (values[axis] for axis in order)
    return first, second, third
