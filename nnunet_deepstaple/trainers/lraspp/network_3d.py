"""The paper's 3D network: ten inverted residual blocks, an ASPP, and LR-ASPP's head, all in three dimensions.

Sandler et al., "MobileNetV2", CVPR 2018 (the blocks); Chen et al., "Rethinking atrous convolution", 2017 (the ASPP);
Howard et al., "Searching for MobileNetV3", ICCV 2019 (the head). With one channel and two classes it has 1,228,932
parameters: 222,848 in the backbone, 1,001,216 in the ASPP, 4,868 in the head.
"""

from dataclasses import dataclass

import torch
from torch import nn

from .image_scale import resample

LOW, HIGH, WIDE = 16, 64, 128
"""Channels of the head's fine features, of its coarse features, and between ASPP and head."""

DILATIONS = (2, 4, 8, 16)


@dataclass(frozen=True)
class BlockPlan:
    """Channels of a block, and the stride of its depthwise convolution."""

    middle: int
    out: int
    stride: int = 1


BLOCKS = (
    BlockPlan(32, 16),
    BlockPlan(96, 16),
    BlockPlan(96, 24),
    BlockPlan(144, 24),
    BlockPlan(144, 32),
    BlockPlan(192, 32),
    BlockPlan(192, 32, stride=2),
    BlockPlan(192, 64),
    BlockPlan(384, 64),
    BlockPlan(384, 64),
)


class Block(nn.Module):
    """Expand, convolve each channel by itself, project; with a residual where the shape does not change.

    Other blocks expand by a convolution of one voxel. The first block of a network instead convolves 3³ voxels with
    stride 2.
    """

    def __init__(self, channels: int, plan: BlockPlan, *, first: bool = False) -> None:
        """Build a block for this number of channels."""
        super().__init__()
        self.residual = not first and plan.stride == 1 and channels == plan.out
        expand = (
            nn.Conv3d(channels, plan.middle, 3, stride=2, padding=1, bias=False)
            if first
            else nn.Conv3d(channels, plan.middle, 1, bias=False)
        )
        self.layers = nn.Sequential(
            expand,
            nn.BatchNorm3d(plan.middle),
            nn.ReLU6(inplace=True),
            nn.Conv3d(plan.middle, plan.middle, 3, stride=plan.stride, padding=1, groups=plan.middle, bias=False),
            nn.BatchNorm3d(plan.middle),
            nn.ReLU6(inplace=True),
            nn.Conv3d(plan.middle, plan.out, 1, bias=False),
            nn.BatchNorm3d(plan.out),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Compute the block."""
        return features + self.layers(features) if self.residual else self.layers(features)


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: one view of the voxel, four views of larger surroundings, one of the patch."""

    def __init__(self) -> None:
        """Build it."""
        super().__init__()
        self.views = nn.ModuleList(
            [
                _normalised(nn.Conv3d(HIGH, WIDE, 1, bias=False)),
                *(
                    _normalised(nn.Conv3d(HIGH, WIDE, 3, padding=dilation, dilation=dilation, bias=False))
                    for dilation in DILATIONS
                ),
            ]
        )
        self.whole = nn.Sequential(nn.AdaptiveAvgPool3d(1), *_normalised(nn.Conv3d(HIGH, WIDE, 1, bias=False)))
        self.project = nn.Sequential(
            *_normalised(nn.Conv3d((len(DILATIONS) + 2) * WIDE, WIDE, 1, bias=False)), nn.Dropout(0.5)
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """From (B, 64, z, y, x) to (B, 128, z, y, x)."""
        whole = self.whole(features).expand(-1, -1, *features.shape[2:])
        return self.project(torch.cat([*(view(features) for view in self.views), whole], 1))


class Head(nn.Module):
    """LR-ASPP's head: fine features, weighted by their global means, and coarse features."""

    def __init__(self, classes: int) -> None:
        """Build it for this number of classes."""
        super().__init__()
        self.fine = _normalised(nn.Conv3d(LOW, WIDE, 1, bias=False))
        self.scale = nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Conv3d(LOW, WIDE, 1, bias=False), nn.Sigmoid())
        self.classify_fine = nn.Conv3d(WIDE, classes, 1)
        self.classify_coarse = nn.Conv3d(WIDE, classes, 1)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """Logits at the resolution of ``coarse``."""
        weighted = resample(self.fine(fine) * self.scale(fine), coarse.shape[2:])
        return self.classify_fine(weighted) + self.classify_coarse(coarse)


class LRASPP3d(nn.Module):
    """From (B, channels, z, y, x) to the logits, (B, classes, z, y, x)."""

    def __init__(self, channels: int, classes: int) -> None:
        """Build the network with random weights."""
        super().__init__()
        first, *others = BLOCKS
        widths = [first.out, *(plan.out for plan in others)]
        self.stem = Block(channels, first, first=True)
        self.blocks = nn.Sequential(*(Block(width, plan) for width, plan in zip(widths, others, strict=False)))
        self.aspp = ASPP()
        self.head = Head(classes)
        for module in (*self.stem.modules(), *self.blocks.modules()):
            if isinstance(module, nn.Conv3d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        fine = self.stem(image)
        return resample(self.head(fine, self.aspp(self.blocks(fine))), image.shape[2:])


def _normalised(convolution: nn.Conv3d) -> nn.Sequential:
    return nn.Sequential(convolution, nn.BatchNorm3d(convolution.out_channels), nn.ReLU(inplace=True))
