"""The in-line variant: the data parameters weight the samples that the network learns from.

Saxena et al., "Data parameters", NeurIPS 2019, and the comparison of Weihsbach et al. 2022. The weights and the step of
θ are those of the out-of-line method. The difference is in the loss of the network: it minimises Σ w_b·L_b / Σ w_b,
where L_b is nnU-Net's own loss of the sample b, over all heads. So the network does not learn from a candidate that is
not trusted. θ learns in the same iteration from the same forward pass.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from ..errors import InputError
from .mixin import DeepSTAPLEMixin
from .observed_loss import Tensors

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer as _Trainer
else:
    _Trainer = object


class WeightedLoss(nn.Module):
    """Computes nnU-Net's loss for each sample of a batch, and returns the weighted mean over the samples."""

    def __init__(self, loss: nn.Module, weights: Callable[[], torch.Tensor | None]) -> None:
        """Call ``weights()`` at each batch: shape (B,) with the sum 1, or None for the unchanged loss."""
        super().__init__()
        self.loss = loss
        self.weights = weights

    def forward(self, output: Tensors, target: Tensors) -> torch.Tensor:
        """Compute the weighted loss."""
        weights = self.weights()
        if weights is None:
            return self.loss(output, target)
        losses = [self.loss(_sample(output, b), _sample(target, b)) for b in range(len(weights))]
        return torch.stack(losses) @ weights


def _sample(tensors: Tensors, number: int) -> Tensors:
    """One sample of a batch, as a batch of one."""
    if isinstance(tensors, torch.Tensor):
        return tensors[number : number + 1]
    return [tensor[number : number + 1] for tensor in tensors]


class _WeightedSamples(_Trainer):
    """Weights nnU-Net's loss; it follows the mixin, whose observer so sees a batch before its loss is computed."""

    _weights: torch.Tensor | None = None

    def _build_loss(self) -> nn.Module:
        return WeightedLoss(super()._build_loss(), lambda: self._weights)


class InLineMixin(DeepSTAPLEMixin, _WeightedSamples):
    """DeepSTAPLE whose weighted loss trains the network and the data parameters together."""

    second_pass = False

    def initialize(self) -> None:
        """Refuse several GPUs, because they would have to exchange θ in every iteration."""
        if self.is_ddp:
            raise InputError(f"{type(self).__name__} trains on one GPU only; leave out -num_gpus")
        super().initialize()

    def on_train_start(self) -> None:
        super().on_train_start()
        self._say("in line, the network learns from a sample as far as θ trusts its candidate.")

    def _observe(self, logits: torch.Tensor, target: torch.Tensor) -> None:
        super()._observe(logits, target)
        self._weights = None
        if torch.is_grad_enabled():
            weights = torch.from_numpy(self._scorer.learn_now(self.current_epoch))
            self._weights = weights.float().to(logits.device)
