"""A network that trains on upscaled patches, and predicts at the scale of the image."""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

LINEAR = {2: "bilinear", 3: "trilinear"}
"""Torch's name of linear interpolation, by the number of spatial axes."""


class ImageScale(nn.Module):
    """Upscales its input and downscales the logits, except while it trains on batches that are already upscaled.

    Attributes:
        upscaled_batches: whether the augmentation has already upscaled the input.
    """

    def __init__(self, network: nn.Module, factor: float) -> None:
        """Let ``network`` work at ``factor`` times the image's resolution."""
        super().__init__()
        self.network = network
        self.factor = factor
        self.upscaled_batches = False

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Compute the logits, with the spatial shape of ``image``."""
        if self.upscaled_batches:
            return self.network(image)
        shape = image.shape[2:]
        return resample(self.network(resample(image, upscaled(shape, self.factor))), shape)


def upscaled(shape: Sequence[int], factor: float) -> list[int]:
    """Shape of a patch after upscaling."""
    return [round(side * factor) for side in shape]


def resample(values: torch.Tensor, shape: Sequence[int]) -> torch.Tensor:
    """Interpolate (B, channels, (z,) y, x) linearly to another shape of the same field of view."""
    return functional.interpolate(values, shape, mode=LINEAR[values.ndim - 2], align_corners=False)
