"""Trainers for the tests: a few iterations, a checkpoint after each epoch, and every epoch drawn from its own seed.

They are found by nnU-Net itself, through ``nnUNet_extTrainer``, as a user's own trainers are.
"""

import os

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from nnunet_deepstaple.trainers.in_line import InLineMixin
from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin
from nnunet_deepstaple.trainers.partial import PartialMixin
from nnunet_deepstaple.trainers.sampled import SampledMixin


class _Seeded:
    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch, self.save_every = (
            5,
            24,
            16,
            1,
        )
        os.environ.update(nnUNet_n_proc_DA="0")  # augmentation in this process, drawn from these seeds
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        torch.manual_seed(0)
        super().initialize()

    def on_train_epoch_start(self):
        np.random.seed(2022 + self.current_epoch)  # noqa: NPY002 (nnU-Net's data loader draws from it)
        torch.manual_seed(2022 + self.current_epoch)
        super().on_train_epoch_start()


class nnUNetTrainer_seeded(_Seeded, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerPartial_seeded(_Seeded, PartialMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_seeded(_Seeded, DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    second_pass = True


class nnUNetTrainerDeepSTAPLE_once(DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    """Sees most cases once and learns nothing."""

    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch = 1, 6, 3
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        super().initialize()


class nnUNetTrainerDeepSTAPLE_seeded_onePass(nnUNetTrainerDeepSTAPLE_seeded):
    second_pass = False


class nnUNetTrainerDeepSTAPLE_seeded_inLine(_Seeded, InLineMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_seeded_sampled(_Seeded, SampledMixin, nnUNetTrainerAdam1en3):
    pass
