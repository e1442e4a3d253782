"""Smooth displacements from a few control points."""

import torch
from torch.nn import functional

from ..image_scale import LINEAR
from .deformation import Displacement

_POOL = {2: functional.avg_pool2d, 3: functional.avg_pool3d}


class BSpline(Displacement):
    """Draws N(0, 1) at control points, smooths them to a cubic B-spline by three average pools, and interpolates.

    As in the authors' code, the displacement of an axis, in normalised coordinates, is proportional to a number of
    voxels. This is the number of voxels of the axis at the mirrored place in the list of axes. For 256 × 256 voxels the
    standard deviation is 42 to 46 voxels, for 75 × 192 × 192 voxels about 10, 26 and 10.
    """

    def __init__(self, points: int = 6, strength: float = 0.03, probability: float = 0.95) -> None:
        self.points = points
        self.strength = strength
        self.probability = probability

    def draw(self, grid: torch.Tensor) -> torch.Tensor:
        """Draw the control points; (1, (z,) y, x, axes) in and out."""
        shape = grid.shape[1:-1]
        axes = len(shape)
        scale = self.strength * torch.tensor(shape) * (0.5 if axes == 2 else 1)
        field = torch.randn(1, axes, *[self.points] * axes) * scale.view(1, axes, *[1] * axes)
        for _ in range(3):
            field = _POOL[axes](field, 3, stride=1, padding=1)
        return functional.interpolate(field, shape, mode=LINEAR[axes], align_corners=False).movedim(1, -1)
