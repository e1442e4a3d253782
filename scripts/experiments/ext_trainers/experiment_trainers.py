"""Trainers of the experiments, found through nnUNet_extTrainer: a budget, a seed, and both ways to see a case.

Budget and seed come from the environment (see ``scripts/experiments/training.py``). Every epoch is drawn from a seed of
its own, so that with ``nnUNet_n_proc_DA=0`` a training gives the same network each time, resumed or not.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from nnunet_deepstaple.scoring.scores import read_scores
from nnunet_deepstaple.scoring.visit_log import VisitLog
from nnunet_deepstaple.trainers.sampled import DrawnCases, shares
from nnunet_deepstaple.trainers.scorer import CaseScorer
from nnunet_deepstaple.trainers.variants import (
    nnUNetTrainerDeepSTAPLE_Adam1en3_inLine,
    nnUNetTrainerDeepSTAPLE_Adam1en3_sampled,
    nnUNetTrainerDeepSTAPLE_Adam1en3_twoPass,
    nnUNetTrainerDeepSTAPLE_LRASPP_inLine,
    nnUNetTrainerDeepSTAPLE_LRASPP_twoPass,
)

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer as _Trainer
else:
    _Trainer = object


class _Experiment(_Trainer):
    """Budget and seed from the environment."""

    def initialize(self) -> None:
        self.num_epochs = int(os.environ["EXPERIMENT_EPOCHS"])
        self.num_iterations_per_epoch = int(os.environ["EXPERIMENT_ITERATIONS"])
        self.num_val_iterations_per_epoch = int(os.environ["EXPERIMENT_VAL_ITERATIONS"])
        self.save_every = 1
        if "OMP_NUM_THREADS" in os.environ:  # nnU-Net takes all cores of a CPU, even where several trainings share them
            torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        self._seed(-1)
        super().initialize()

    def on_train_epoch_start(self) -> None:
        self._seed(self.current_epoch)
        super().on_train_epoch_start()

    @staticmethod
    def _seed(epoch: int) -> None:
        seed = 1000 * int(os.environ["EXPERIMENT_SEED"]) + epoch + 1
        np.random.seed(seed)  # noqa: NPY002 (nnU-Net's data loader draws from it)
        torch.manual_seed(seed)


class nnUNetTrainer_experiment(_Experiment, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer, for second networks; test images tell how good one is, so none are validated."""

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        del save_probabilities


class nnUNetTrainer_drawn_experiment(DrawnCases, nnUNetTrainer_experiment):
    """The same on all candidates, drawn by the agreement in a table of scores."""

    def on_train_start(self) -> None:
        super().on_train_start()
        agreement = read_scores(Path(os.environ["EXPERIMENT_SCORES"])).column("agreement")
        self._draws.set(shares(self._drawn, agreement))


class nnUNetTrainerDeepSTAPLE_experiment(_Experiment, nnUNetTrainerDeepSTAPLE_Adam1en3_twoPass):
    """The scoring trainer, and beside its log of the second forward pass one of the training's own, ``first_pass/``."""

    def on_train_start(self) -> None:
        super().on_train_start()
        train, val = self._split
        val = [] if self.fold == "all" else val
        folder = Path(self.output_folder) / "first_pass"
        folder.mkdir(exist_ok=True)
        log = VisitLog.empty(train, val, self._label_names(), self._data_parameter_settings())
        self._first_pass = CaseScorer(folder, log, epoch=self.current_epoch, writes=True, say=self._say)

    def _observe(self, logits: torch.Tensor, target: torch.Tensor) -> None:
        super()._observe(logits, target)
        if torch.is_grad_enabled() or self.fold != "all":
            self._first_pass.add(self._keys, self._statistics(logits, target))

    def on_epoch_end(self) -> None:
        self._first_pass.end_epoch(self.current_epoch)
        super().on_epoch_end()

    def save_checkpoint(self, filename: str) -> None:
        super().save_checkpoint(filename)
        self._first_pass.write_scores()


class nnUNetTrainerDeepSTAPLE_inLine_experiment(_Experiment, nnUNetTrainerDeepSTAPLE_Adam1en3_inLine):
    """The network learns from each candidate as far as θ trusts it."""


class nnUNetTrainerDeepSTAPLE_sampled_experiment(_Experiment, nnUNetTrainerDeepSTAPLE_Adam1en3_sampled):
    """One training instead of two."""


class nnUNetTrainerDeepSTAPLE_LRASPP_experiment(_Experiment, nnUNetTrainerDeepSTAPLE_LRASPP_twoPass):
    """The paper's networks, out of line."""


class nnUNetTrainerDeepSTAPLE_LRASPP_inLine_experiment(_Experiment, nnUNetTrainerDeepSTAPLE_LRASPP_inLine):
    """The paper's networks, in line."""
