"""Where a voxel grid lies in the world, and whether two grids are the same."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import SimpleITK as sitk  # noqa: N813 (the field's usual name)

TOLERANCE = 1e-3
"""Largest difference in spacing and origin (in voxels) and in direction that passes as float noise."""


@dataclass(frozen=True)
class Geometry:
    """Voxel grid of an image, in SimpleITK's order of axes (x, y, z).

    Attributes:
        size: voxels along each axis.
        spacing: millimetres between voxels along each axis.
        origin: world position of the first voxel in millimetres.
        direction: direction cosines, row by row.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]

    @classmethod
    def of(cls, image: "sitk.Image | sitk.ImageFileReader") -> "Geometry":
        """Geometry of a SimpleITK image, or of a reader that has read an image's header."""
        return cls(
            tuple(image.GetSize()),
            tuple(image.GetSpacing()),
            tuple(image.GetOrigin()),
            tuple(image.GetDirection()),
        )

    @classmethod
    def axis_aligned(cls, size: Sequence[int], spacing: Sequence[float] | None = None) -> "Geometry":
        """Grid along the world's axes from the origin on, with spacing 1 unless given."""
        spacing = tuple(float(length) for length in spacing or (1,) * len(size))
        return cls(tuple(size), spacing, (0.0,) * len(size), tuple(np.eye(len(size)).ravel().tolist()))

    @property
    def orthonormal(self) -> bool:
        """Whether the axes are at right angles, as ITK needs them."""
        axes = np.reshape(self.direction, (len(self.spacing), -1))
        return bool(np.allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-4))

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel in mm³, of a pixel in mm²."""
        return math.prod(self.spacing)

    def apply_to(self, image: "sitk.Image") -> None:
        """Give ``image`` this spacing, origin and direction."""
        image.SetSpacing(self.spacing)
        image.SetOrigin(self.origin)
        image.SetDirection(self.direction)

    def difference(self, other: "Geometry", tolerance: float = TOLERANCE) -> str | None:
        """Name the first property in which ``other`` differs, with both values; None when the grids agree.

        The size must be equal. Spacing (as a part of this grid's), origin (in voxels of this grid) and direction may
        differ by ``tolerance``.
        """
        if self.size != other.size:
            return f"size {_show(other.size)} instead of {_show(self.size)}"
        spacing = np.asarray(self.spacing)
        axes = np.reshape(self.direction, (len(spacing), -1))
        apart = np.subtract(other.origin, self.origin)
        with np.errstate(all="ignore"):  # a senseless header has lengths of zero, or none
            distance = {
                "spacing": np.subtract(other.spacing, self.spacing) / spacing,
                "origin": (np.linalg.solve(axes, apart) if np.linalg.det(axes) else apart) / spacing,
                "direction": np.subtract(other.direction, self.direction),
            }
        for name, values in distance.items():
            if not np.all(np.abs(values) <= tolerance) and getattr(self, name) != getattr(other, name):
                return f"{name} {_show(getattr(other, name))} instead of {_show(getattr(self, name))}"
        return None

    def remedy(self, other: "Geometry") -> str:
        """What to do with a file on the grid ``other`` that should be on this one."""
        unit = Geometry.axis_aligned(other.size)
        if self.size == other.size and (other.spacing, other.origin) == (unit.spacing, unit.origin):
            return (
                "its header seems to be lost (spacing 1, origin 0); if its voxels are on that grid, copy the header "
                "there, else resample it"
            )
        if sorted(self.size) == sorted(other.size) and self._covers(other):
            return "it is on the same voxels in another order or orientation; reorient it to that grid"
        if len(self.size) != len(other.size):
            return "resample it to that grid"
        if not np.allclose(self.direction, other.direction, atol=TOLERANCE):
            return "it is rotated; resample it to that grid"
        if not np.allclose(other.spacing, self.spacing, rtol=TOLERANCE):
            return "it has another spacing; resample it to that grid"
        return (
            "it shows another field of view; if it is of another image, correct its name, else resample it to that grid"
        )

    def _covers(self, other: "Geometry") -> bool:
        """Whether the corners of both grids are at the same places."""
        step = np.array(self.spacing).min()
        apart = self._corners()[:, np.newaxis] - other._corners()
        return bool((np.linalg.norm(apart, axis=-1).min(axis=1) <= TOLERANCE * step).all())

    def _corners(self) -> np.ndarray:
        """World positions of the voxels in the corners, shape (2^D, D)."""
        ends = [(0, side - 1) for side in self.size]
        corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, len(self.size))
        axes = np.reshape(self.direction, (len(self.size), -1))
        return self.origin + (corners * self.spacing) @ axes.T


def _show(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.7g}" for value in values) + ")"
