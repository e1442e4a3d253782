"""Move voxels: draw several displacements independently, and apply them in one sampling of image and labels.

Displacements are in torch's normalised coordinates, where a patch reaches from −1 to 1 along every axis. As in torch's
grids, the last dimension of a field lists the axes from the last to the first.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform
from torch.nn import functional


class Displacement(ABC):
    """A random displacement of the voxels of a patch."""

    probability: float

    @abstractmethod
    def draw(self, grid: torch.Tensor) -> torch.Tensor:
        """Displacement of each voxel of a grid, both of shape (1, (z,) y, x, axes)."""


class DeformationTransform(BasicTransform):
    """Samples image (linearly, border repeated) and labels (nearest, zeros outside) at the displaced voxels."""

    def __init__(self, displacements: Sequence[Displacement]) -> None:
        super().__init__()
        self.displacements = displacements

    def get_parameters(self, **data_dict: torch.Tensor) -> dict:
        """Draw which displacements are applied, and the grid that they make."""
        shape = data_dict["image"].shape[1:]
        grid = functional.affine_grid(torch.eye(len(shape) + 1)[None, :-1], [1, 1, *shape], align_corners=False)
        drawn = [one for one in self.displacements if torch.rand(()) < one.probability]
        return {"grid": sum((one.draw(grid) for one in drawn), grid) if drawn else None}

    def _apply_to_image(self, img: torch.Tensor, **params: torch.Tensor | None) -> torch.Tensor:
        grid = params["grid"]
        return img if grid is None else _sample(img, grid, "bilinear", "border")

    def _apply_to_segmentation(self, segmentation: torch.Tensor, **params: torch.Tensor | None) -> torch.Tensor:
        grid = params["grid"]
        if grid is None:
            return segmentation
        return _sample(segmentation.float(), grid, "nearest", "zeros").to(segmentation.dtype)


def _sample(values: torch.Tensor, grid: torch.Tensor, mode: str, padding: str) -> torch.Tensor:
    return functional.grid_sample(values[None], grid, mode=mode, padding_mode=padding, align_corners=False)[0]
