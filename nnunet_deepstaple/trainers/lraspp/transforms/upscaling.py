"""Upscale a patch: the image linearly, its labels by nearest neighbour."""

import torch
from batchgeneratorsv2.transforms.base.basic_transform import BasicTransform
from torch.nn import functional

from ..image_scale import resample, upscaled


class UpscalingTransform(BasicTransform):
    """Makes a patch ``factor`` times as large along each axis."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def _apply_to_image(self, img: torch.Tensor, **params: torch.Tensor) -> torch.Tensor:
        del params
        return resample(img[None], upscaled(img.shape[1:], self.factor))[0]

    def _apply_to_segmentation(self, segmentation: torch.Tensor, **params: torch.Tensor) -> torch.Tensor:
        del params
        shape = upscaled(segmentation.shape[1:], self.factor)
        large = functional.interpolate(segmentation[None].float(), shape, mode="nearest-exact")
        return large[0].to(segmentation.dtype)
