"""Noise on the image."""

import torch
from batchgeneratorsv2.transforms.base.basic_transform import ImageOnlyTransform


class NoiseTransform(ImageOnlyTransform):
    """Adds ``strength`` · N(0, 1) to every voxel."""

    def __init__(self, strength: float = 0.05) -> None:
        super().__init__()
        self.strength = strength

    def get_parameters(self, **data_dict: torch.Tensor) -> dict:
        """Draw the noise."""
        return {"noise": self.strength * torch.randn_like(data_dict["image"])}

    def _apply_to_image(self, img: torch.Tensor, **params: torch.Tensor) -> torch.Tensor:
        return img + params["noise"]
