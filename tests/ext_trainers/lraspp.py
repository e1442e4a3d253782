"""The paper's networks with a few iterations, that write down the learning rate of each."""

import json
from pathlib import Path

import numpy as np
import torch

from nnunet_deepstaple.trainers.variants import (
    nnUNetTrainer_LRASPP,
    nnUNetTrainerDeepSTAPLE_LRASPP_inLine,
    nnUNetTrainerDeepSTAPLE_LRASPP_twoPass,
)


class _Short:
    def initialize(self):
        self.num_epochs, self.num_iterations_per_epoch, self.num_val_iterations_per_epoch, self.save_every = 3, 4, 6, 1
        torch.set_num_threads(1)  # two trainings at a time share two cores best so
        super().initialize()

    def on_train_epoch_start(self):
        np.random.seed(2022 + self.current_epoch)  # noqa: NPY002 (nnU-Net's data loader draws from it)
        torch.manual_seed(2022 + self.current_epoch)
        super().on_train_epoch_start()

    def train_step(self, batch):
        line = {
            "epoch": self.current_epoch,
            "rate": self.optimizer.param_groups[0]["lr"],
            "shape": list(batch["data"].shape),
            "mirrored": self.inference_allowed_mirroring_axes,
        }
        output = super().train_step(batch)
        with (Path(self.output_folder) / "batches.jsonl").open("a") as file:
            file.write(json.dumps(line | {"loss": float(output["loss"])}) + "\n")
        return output


class nnUNetTrainer_LRASPP_short(_Short, nnUNetTrainer_LRASPP):
    pass


class nnUNetTrainerDeepSTAPLE_LRASPP_short(_Short, nnUNetTrainerDeepSTAPLE_LRASPP_twoPass):
    pass


class nnUNetTrainerDeepSTAPLE_LRASPP_inLine_short(_Short, nnUNetTrainerDeepSTAPLE_LRASPP_inLine):
    pass
