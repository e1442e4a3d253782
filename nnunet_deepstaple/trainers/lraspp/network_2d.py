"""Torchvision's LR-ASPP with a MobileNetV3-Large backbone, for any number of channels.

Howard et al., "Searching for MobileNetV3", ICCV 2019. With one channel and two classes it has 3,218,020 parameters.
"""

import importlib
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import nn

from ...errors import InputError

_FEATURES = "features."
"""Start of the keys of the features, in torchvision's weights of a MobileNetV3 classifier."""


class LRASPP2d(nn.Module):
    """From (B, channels, y, x) to the logits, (B, classes, y, x)."""

    def __init__(self, channels: int, classes: int) -> None:
        """Build the network with random weights; nothing is downloaded.

        Raises:
            InputError: torchvision is not installed.
        """
        super().__init__()
        try:
            segmentation = importlib.import_module("torchvision.models.segmentation")
        except ImportError as error:
            raise InputError(
                f"the 2D network needs torchvision, which cannot be imported ({error}); "
                f'pip install "nnunet-deepstaple[paper]"'
            ) from error
        self.network = segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=classes)
        self.network.backbone["0"][0] = nn.Conv2d(channels, 16, 3, stride=2, padding=1, bias=False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Compute the logits."""
        return self.network(image)["out"]

    def load_backbone(self, path: Path) -> int:
        """Load ImageNet weights of torchvision's MobileNetV3-Large into the backbone, except its first convolution.

        Args:
            path: a state dictionary as torchvision keeps it (``mobilenet_v3_large-….pth``).

        Returns:
            How many tensors were loaded.

        Raises:
            InputError: the file is missing, or does not hold such weights.
        """
        try:
            weights = torch.load(path, map_location="cpu", weights_only=True)
            features = {
                key.removeprefix(_FEATURES): value for key, value in weights.items() if key.startswith(_FEATURES)
            }
            features["0.0.weight"] = self.network.backbone["0"][0].weight  # other channels: not loaded
            self.network.backbone.load_state_dict(features)
        except (OSError, RuntimeError, AttributeError, UnpicklingError) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"{path} holds no weights of torchvision's MobileNetV3-Large ({reason}); download them again"
            ) from error
        return len(features) - 1
