"""Trainers that learn an easy dataset in seconds, for the tests of every kind of training."""

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.variants.network_architecture.nnUNetTrainerNoDeepSupervision import (
    nnUNetTrainerNoDeepSupervision,
)
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3
from torch._dynamo import OptimizedModule

from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin
from nnunet_deepstaple.trainers.partial import PartialMixin


class _Quick:
    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch = 3, 32, 12
        self.initial_lr = 3e-3
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        np.random.seed(0)  # noqa: NPY002 (nnU-Net's data loader draws from it)
        torch.manual_seed(0)
        super().initialize()


class nnUNetTrainerDeepSTAPLE_quick(_Quick, DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerPartial_quick(_Quick, PartialMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_quick_noDeepSupervision(
    _Quick, DeepSTAPLEMixin, nnUNetTrainerAdam1en3, nnUNetTrainerNoDeepSupervision
):
    pass


class _StuckOptimizedModule(OptimizedModule):
    """What torch.compile gives before torch 2.5: it says that it is in training whether it is or not."""

    training = property(lambda _: True, lambda self, value: setattr(self._orig_mod, "training", value))


class nnUNetTrainerDeepSTAPLE_quick_compiled(nnUNetTrainerDeepSTAPLE_quick):
    """Compiles on a CPU, where nnU-Net does not, as far as that needs no compiler; sees cases in a second pass."""

    second_pass = True

    def initialize(self):
        super().initialize()
        self.network = torch.compile(self.network, backend="eager")
        self.network.__class__ = _StuckOptimizedModule
