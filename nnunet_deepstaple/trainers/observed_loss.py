"""Observe nnU-Net's loss: only there the logits of its forward pass can be seen without copying its training step."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

Tensors = torch.Tensor | Sequence[torch.Tensor]
"""One tensor, or one for each resolution under deep supervision, the full resolution first."""


def full_resolution(tensors: Tensors) -> torch.Tensor:
    """Tensor of the full-resolution head."""
    return tensors if isinstance(tensors, torch.Tensor) else tensors[0]


class ObservedLoss(nn.Module):
    """nnU-Net's loss, unchanged; an observer first sees what the loss gets."""

    def __init__(self, loss: nn.Module, observe: Callable[[torch.Tensor, torch.Tensor], None]) -> None:
        """Call ``observe(logits, target)`` with the full resolution before each ``loss(output, target)``."""
        super().__init__()
        self.loss = loss
        self.observe = observe

    def forward(self, output: Tensors, target: Tensors) -> Any:
        """Observe, then compute the wrapped loss."""
        self.observe(full_resolution(output).detach(), full_resolution(target))
        return self.loss(output, target)
