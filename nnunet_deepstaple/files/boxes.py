"""Boxes of voxels: slices of an image along (z, y, x)."""

import numpy as np

Box = tuple[slice, slice, slice]


def as_3d(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Shape (z, y, x) of an image, which has one plane if it is flat."""
    depth, height, width = (1,) * (3 - len(shape)) + shape
    return depth, height, width


def foreground_box(labels: np.ndarray) -> Box:
    """Bounding box of the nonzero voxels of an array of shape (z, y, x); empty slices where there are none."""
    first, last = _extent(labels.reshape(labels.shape[0], -1).max(axis=1, initial=0))
    projection = labels[first:last].max(axis=0, initial=0)
    return (
        slice(first, last),
        slice(*_extent(projection.max(axis=1, initial=0))),
        slice(*_extent(projection.max(axis=0, initial=0))),
    )


def is_empty(box: Box) -> bool:
    """Whether a box holds no voxel."""
    return any(side.start >= side.stop for side in box)


def union(one: Box, other: Box) -> Box:
    """Smallest box that holds both."""
    if is_empty(one):
        return other
    if is_empty(other):
        return one
    z, y, x = (slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return z, y, x


def intersection(one: Box, other: Box) -> Box:
    """Largest box that lies in both."""
    z, y, x = (slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return z, y, x


def grown(box: Box, margin: tuple[int, int, int], shape: tuple[int, int, int]) -> Box:
    """The box with ``margin`` more voxels on each side, but not beyond the image."""
    z, y, x = (
        slice(max(side.start - more, 0), min(side.stop + more, length))
        for side, more, length in zip(box, margin, shape, strict=True)
    )
    return z, y, x


def moved(box: Box, outer: Box) -> Box:
    """Convert a box from the coordinates of ``outer`` to the coordinates of the image."""
    z, y, x = (slice(b.start + o.start, b.stop + o.start) for b, o in zip(box, outer, strict=True))
    return z, y, x


def relative(box: Box, outer: Box) -> Box:
    """Convert a box from the coordinates of the image to the coordinates of ``outer``, which holds it."""
    if is_empty(box):
        return slice(0, 0), slice(0, 0), slice(0, 0)
    z, y, x = (slice(b.start - o.start, b.stop - o.start) for b, o in zip(box, outer, strict=True))
    return z, y, x


def paint(values: np.ndarray, codes: np.ndarray, box: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Image in which each voxel has the value of its code.

    Args:
        values: of each code, any type; code 0 is that of all voxels outside the box.
        codes: of the voxels in the box, shape of the box.
        box: along (z, y, x).
        shape: of the image, (z, y, x) or (y, x).

    Returns:
        Array of ``shape`` and the type of ``values``.
    """
    image = np.zeros(as_3d(shape), values.dtype)
    if values[0] != 0:
        image[:] = values[0]
    for plane, inside in zip(image[box], codes, strict=True):  # plane by plane, since NumPy widens indices
        plane[:] = values[inside]
    return image.reshape(shape)


def _extent(occupied: np.ndarray) -> tuple[int, int]:
    """First and one past the last nonzero entry."""
    indices = np.flatnonzero(occupied)
    return (int(indices[0]), int(indices[-1]) + 1) if indices.size else (0, 0)
