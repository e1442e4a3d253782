"""Trainers that come to an end in seconds, for the recipes of the documentation."""

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin


class _Brief:
    iterations = 16

    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch = 4, self.iterations, 8
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        np.random.seed(0)  # noqa: NPY002 (nnU-Net's data loader draws from it)
        torch.manual_seed(0)
        super().initialize()


class nnUNetTrainer_brief(_Brief, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_brief(_Brief, DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    iterations = 24  # every case is visited late
