"""Trainers that come to an end in seconds, for the recipes of the documentation."""

import torch
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin


class _Brief:
    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch = 4, 16, 8
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        super().initialize()


class nnUNetTrainer_brief(_Brief, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_brief(_Brief, DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    pass
