"""How near two borders are, as a person sees it: in millimetres."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

TOLERANCE = 2.0
"""Distance in mm up to which two borders are the same, unless a user says otherwise."""


def surface_distances(
    one: np.ndarray, other: np.ndarray, spacing: Sequence[float]
) -> tuple[np.ndarray, np.ndarray] | None:
    """Distance of each border voxel of a mask to the nearest border voxel of another, both ways; None if one is empty.

    A border voxel is a voxel of the mask with a neighbour (by a face) outside; what lies outside the array is outside.

    Args:
        one: bool, 2D or 3D.
        other: bool, of the same shape.
        spacing: millimetres between voxels along each axis of the arrays.
    """
    if not (one.any() and other.any()):
        return None
    box = ndimage.find_objects((one | other).astype(np.uint8))[0]
    borders = [mask[box] & ~ndimage.binary_erosion(mask[box]) for mask in (one, other)]
    to_one, to_other = (ndimage.distance_transform_edt(~border, sampling=spacing) for border in borders)
    return to_other[borders[0]], to_one[borders[1]]


def hausdorff_95(distances: tuple[np.ndarray, np.ndarray]) -> float:
    """95th percentile of all distances in mm, both ways together (as MedPy's ``hd95``)."""
    return float(np.percentile(np.concatenate(distances), 95))


def surface_dice(distances: tuple[np.ndarray, np.ndarray], tolerance: float) -> float:
    """Share of both borders that lies within ``tolerance`` mm of the other.

    Nikolov et al., "Clinically applicable segmentation of head and neck anatomy for radiotherapy", JMIR 23(7), 2021;
    here each border voxel counts once, whatever its area.
    """
    near = sum(int((one <= tolerance).sum()) for one in distances)
    return near / sum(len(one) for one in distances)
