"""Learning rates that change with every batch; each is a formula of the batch, so a resumed training needs no state."""

import math
from collections.abc import Callable

from torch.optim import Optimizer

Rate = Callable[[int, int, int], float]
"""Computes the share of the initial learning rate from an epoch, a batch of it, and the batches of an epoch."""


def cosine_with_restarts(epoch: int, batch: int, batches: int, first: int = 500) -> float:
    """Half a cosine from 1 towards 0 over ``first`` batches, then over twice as many, and so on.

    Loshchilov and Hutter, "SGDR", ICLR 2017, with the least rate 0.
    """
    step = epoch * batches + batch
    length = first << (step // first + 1).bit_length() - 1
    return (1 + math.cos(math.pi * (step - (length - first)) / length)) / 2


def exponential_in_every_tenth_epoch(
    epoch: int, batch: int, batches: int, base: float = 0.99, every: int = 10
) -> float:
    """``base`` to the power of the number of earlier batches; only batches of every tenth epoch count."""
    whole = math.ceil(epoch / every) * batches
    return base ** (whole + (batch if epoch % every == 0 else 0))


class BatchSchedule:
    """Sets the learning rate of an optimiser; nnU-Net calls :meth:`step` once before each epoch."""

    def __init__(self, optimizer: Optimizer, initial: float, rate: Rate, batches: int) -> None:
        """Follow ``initial`` · ``rate``, in epochs of ``batches`` batches."""
        self._optimizer = optimizer
        self._initial = initial
        self._rate = rate
        self._batches = batches
        self._epoch = self._batch = 0

    def step(self, epoch: int) -> None:
        """Begin an epoch."""
        self._epoch, self._batch = epoch, 0
        self._set()

    def after_batch(self) -> None:
        """Go to the epoch's next batch."""
        self._batch += 1
        self._set()

    def _set(self) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = self._initial * self._rate(self._epoch, self._batch, self._batches)
