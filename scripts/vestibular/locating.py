"""Where a target's crop lies, from source labels alone.

Each of some atlases is registered coarsely, by a shift: a box about its cochlea, as large as any source label reaches
and some centimetres more, is searched for in the target. What is compared is how steep the intensities are, which two
contrasts have in common, by normalised correlation of the voxels that both show (Padfield, "Masked object registration
in the Fourier domain", IEEE TIP, 2012). Where the atlas' cochlea comes to lie is a vote; the median of the votes is the
place. No label of the target has a part in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry

from .grids import centre_of, contains, resample
from .heads import Atlas, Head

COARSE = 2.5
"""Millimetres between the voxels that are compared."""

CONTEXT = 25.0
"""Millimetres of the box beyond the labels."""

OVERLAP = 0.6
"""Share of the box, at least, of what the target can show of it at best."""


@dataclass(frozen=True)
class Steepness:
    """How steep the intensities of a part of a head are.

    Attributes:
        corner: position x, y, z of the first voxel; the voxels lie along the world's axes.
        values: from 0, flat, to 1, shape (z, y, x).
        shown: voxels that the scan shows, shape (z, y, x).
    """

    corner: np.ndarray
    values: np.ndarray
    shown: np.ndarray


def coarse_boxes(atlases: Sequence[Atlas]) -> list[Steepness]:
    """Each atlas' box about its cochlea."""
    lowest = np.min([atlas.reach[0] for atlas in atlases], axis=0) - CONTEXT
    highest = np.max([atlas.reach[1] for atlas in atlases], axis=0) + CONTEXT
    return [_steepness(atlas.head, atlas.place + lowest, highest - lowest) for atlas in atlases]


def votes(target: Head, atlases: Sequence[Atlas], boxes: Sequence[Steepness]) -> np.ndarray:
    """Where each atlas' cochlea comes to lie in the target, shape (atlases, 3)."""
    grid = target.grid
    extent = np.abs(np.reshape(grid.direction, (3, 3)) * (np.array(grid.size) * grid.spacing)).sum(axis=1)
    whole = _steepness(target, centre_of(grid) - extent / 2, extent)
    found = []
    for atlas, box in zip(atlases, boxes, strict=True):
        fixed, moving = _of_one_shape(whole, box)
        shift = phase_cross_correlation(
            fixed.values,
            moving.values,
            reference_mask=fixed.shown,
            moving_mask=moving.shown,
            overlap_ratio=OVERLAP,
        )[0]
        found.append(whole.corner + COARSE * shift[::-1] + atlas.place - box.corner)
    return np.array(found)


def place_of(target: Head, found: np.ndarray) -> np.ndarray:
    """The place that the votes agree on.

    Raises:
        InputError: it lies outside the image.
    """
    place = np.median(found, axis=0)
    if not contains(target.grid, place):
        raise InputError(
            f"{target.scan.image} shows no {target.side} side: the cochlea would lie outside of it; leave the image "
            f"out, or give -sides"
        )
    return place


def _of_one_shape(one: Steepness, other: Steepness) -> tuple[Steepness, Steepness]:
    """Both, with voxels that nothing is known of beyond the end of the smaller axes."""
    shape = np.maximum(one.values.shape, other.values.shape)

    def padded(part: Steepness) -> Steepness:
        width = [(0, more) for more in shape - part.values.shape]
        return Steepness(part.corner, np.pad(part.values, width), np.pad(part.shown, width))

    return padded(one), padded(other)


def _steepness(head: Head, corner: np.ndarray, extent: np.ndarray) -> Steepness:
    size = tuple(np.ceil(extent / COARSE).astype(int).tolist())
    grid = Geometry(size, (COARSE,) * 3, tuple(corner.tolist()), tuple(np.eye(3).ravel().tolist()))
    image = head.image()
    smooth = ndimage.gaussian_filter(image.astype(np.float32), [COARSE / 2 / step for step in head.grid.spacing[::-1]])
    coarse = resample(smooth, head.grid, grid, float(smooth.min()))
    shown = resample(np.ones_like(smooth), head.grid, grid, 0) > 0.5
    slope = np.linalg.norm(np.gradient(coarse), axis=0)
    return Steepness(corner, slope / (slope + slope[shown].mean()), ndimage.binary_erosion(shown))
