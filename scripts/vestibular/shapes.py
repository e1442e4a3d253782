"""Shapes between contours: label maps on any grid.

Raya and Udupa, "Shape-based interpolation of multidimensional objects", IEEE TMI, 1990: each plane's polygons become
signed distances, which are interpolated linearly between planes; what is above zero is inside.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage
from skimage.draw import polygon2mask

from nnunet_deepstaple.files.geometry import Geometry

from .contours import Structure
from .transforms import Affine

PIXEL = 0.25
"""Millimetres between the points of a plane at which distances are known."""

SAME_PLANE = 0.25
"""Millimetres between the mean heights of contours on one plane; the release's planes are 1 or 1.5 apart."""

DEFAULT_SPACING = 1.5
"""Millimetres between planes where a structure has but one."""


@dataclass(frozen=True)
class Shape:
    """A structure as signed distances on its planes.

    Attributes:
        corner: x and y of the first point of each plane.
        planes: z of the planes, shape (P,), rising.
        distances: millimetres to the border within the plane, above zero inside, shape (P, y, x).
        reach: millimetres that the shape goes on beyond its first and last plane.
    """

    corner: np.ndarray
    planes: np.ndarray
    distances: np.ndarray
    reach: float

    @classmethod
    def of(cls, structure: Structure) -> "Shape":
        """Shape of a structure; polygons inside others on the same plane are holes."""
        points = np.concatenate(list(structure.polygons))[:, :2]
        margin = 4 * PIXEL
        corner = points.min(axis=0) - margin
        width, height = np.ceil((points.max(axis=0) + margin - corner) / PIXEL).astype(int) + 1
        planes, distances = [], []
        for z, polygons in _planes(structure):
            mask = np.zeros((height, width), bool)
            for polygon in polygons:
                mask ^= polygon2mask(mask.shape, ((polygon[:, :2] - corner) / PIXEL)[:, ::-1])
            planes.append(z)
            distances.append(_signed_distance(mask))
        gaps = np.diff(planes)
        spacing = float(np.median(gaps)) if len(gaps) else DEFAULT_SPACING
        return cls(corner, np.array(planes), np.stack(distances), spacing / 2)

    @property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest x, y, z."""
        far = self.corner + PIXEL * (np.array(self.distances.shape[:0:-1]) - 1)
        return np.array([*self.corner, self.planes[0] - self.reach]), np.array([*far, self.planes[-1] + self.reach])

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Which points, shape (N, 3), lie inside, shape (N,)."""
        x, y, z = points.T
        plane = np.interp(z, self.planes, np.arange(len(self.planes)))
        places = np.stack([plane, (y - self.corner[1]) / PIXEL, (x - self.corner[0]) / PIXEL])
        distance = ndimage.map_coordinates(self.distances, places, order=1, mode="constant", cval=-1)
        return (distance > 0) & (z >= self.planes[0] - self.reach) & (z < self.planes[-1] + self.reach)


def label_map(shapes: Mapping[int, Shape], grid: Geometry, onto: Affine | None = None) -> np.ndarray:
    """Label map of shapes on a grid, shape (z, y, x), uint8; of shapes that meet, the first stays.

    Args:
        shapes: by label value.
        grid: where.
        onto: from a position on the grid to the same position where the shapes were drawn, if that is another image.
    """
    labels = np.zeros(grid.size[::-1], np.uint8)
    to_shapes = (onto or Affine.identity()).after(Affine.of_grid(grid))
    to_grid = to_shapes.inverse()
    for value, shape in shapes.items():
        corners = np.array(np.meshgrid(*zip(*shape.box, strict=True))).reshape(3, -1).T
        places = to_grid(corners)
        first = np.maximum(np.floor(places.min(axis=0)), 0).astype(int)
        last = np.minimum(np.ceil(places.max(axis=0)) + 1, grid.size).astype(int)
        if np.any(first >= last):
            continue
        part = labels[tuple(slice(a, b) for a, b in zip(first[::-1], last[::-1], strict=True))]
        z, y, x = (axis.ravel() for axis in np.indices(part.shape))
        inside = shape.holds(to_shapes(np.stack([x, y, z], 1) + first)).reshape(part.shape)
        part[inside & (part == 0)] = value
    return labels


def _planes(structure: Structure) -> Iterator[tuple[float, list[np.ndarray]]]:
    """Polygons by plane, from below."""
    by_height = sorted(structure.polygons, key=lambda polygon: polygon[:, 2].mean())
    heights = np.array([polygon[:, 2].mean() for polygon in by_height])
    starts = [0, *np.flatnonzero(np.diff(heights) > SAME_PLANE) + 1, len(heights)]
    for start, end in pairwise(starts):
        yield float(heights[start:end].mean()), by_height[start:end]


def _signed_distance(mask: np.ndarray) -> np.ndarray:
    inside, outside = ndimage.distance_transform_edt(mask), ndimage.distance_transform_edt(~mask)
    return (PIXEL * (np.maximum(inside - 0.5, 0) - np.maximum(outside - 0.5, 0))).astype(np.float32)
