"""DeepSTAPLE for any nnU-Net trainer.

nnU-Net's training does not change. The mixin sees the logits and the candidate where nnU-Net's loss gets them. (Or it
sees them after nnU-Net's step, in a second forward pass of the frozen network.) It gives what it saw to the scorer. It
never changes the network.

Where cases do not annotate everything, it sees what each case can tell apart (:mod:`.partial`).

Hooks into nnunetv2's nnUNetTrainer: ``initialize``, ``_build_loss``, ``do_split``, ``on_train_start``,
``train_step``, ``validation_step``, ``on_epoch_end``, ``save_checkpoint``, ``perform_actual_validation``.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from nnunetv2.training.dataloading.nnunet_dataset import infer_dataset_class
from nnunetv2.utilities.helpers import dummy_context
from torch import distributed, nn

from ..datasets.case_ids import split_case
from ..scoring.data_parameters import DataParameterSettings
from ..scoring.origin import Origin
from ..scoring.scores import FILE_NAME as SCORES_FILE
from ..scoring.scores import read_scores
from ..scoring.visit_log import VisitLog
from .label_maps import about_raw_labels, fingerprints, raw_dataset
from .next_stage import check_previous_stage, share_predictions
from .observed_loss import ObservedLoss, full_resolution
from .partial import PartialMixin
from .predictions import predict_images
from .scorer import CaseScorer
from .splits import FILE_NAME as SPLITS_FILE
from .splits import (
    cases_in_no_split,
    check_all_are_there,
    check_split_by_image,
    random_split_by_image,
    read_splits,
    write_splits_by_image,
)
from .statistics import VisitStatistics, visit_statistics

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer as _Trainer
else:
    _Trainer = object  # the trainer that a class puts behind the mixin


class FixedEpochs(_Trainer):
    """A trainer whose class sets the number of epochs, like nnU-Net's ``nnUNetTrainer_Xepochs``."""

    epochs: int | None = None

    def initialize(self) -> None:
        if self.epochs is not None:
            self.num_epochs = self.epochs
        super().initialize()


class DeepSTAPLEMixin(PartialMixin, FixedEpochs):
    """Scores every case (image, candidate) while a network trains on all of them.

    Put it before any nnU-Net trainer: ``class MyTrainer(DeepSTAPLEMixin, nnUNetTrainer)``. The scores are in
    ``fold_F/scores.csv``, which is updated with every checkpoint. The visits are in ``fold_F/visits.gz``.

    Attributes:
        second_pass: see training cases in a second forward pass after the optimiser step, as in the paper, instead of
            in the logits of the step itself.
    """

    second_pass = False

    _validating_images = False

    def _whole_loss(self) -> nn.Module:
        return ObservedLoss(super()._whole_loss(), self._observe)

    def do_split(self) -> tuple[list[str], list[str]]:
        """Split by image; in the final validation, one case represents its image."""
        folder = self.preprocessed_dataset_folder
        cases = infer_dataset_class(folder).get_identifiers(folder)
        check_all_are_there(self.dataset_json, cases, Path(folder))
        train, val = super().do_split() if self.fold == "all" else self._split_by_image(cases)
        if self.is_cascaded:
            check_previous_stage(Path(self.folder_with_segs_from_previous_stage), sorted({*train, *val}))
        self._split = train, val
        if not self._validating_images:
            return train, val
        self._predicted = self._most_trusted(val)
        return train, self._predicted

    def _split_by_image(self, cases: list[str]) -> tuple[list[str], list[str]]:
        """Training and validation cases of this fold; all cases of an image are on the same side."""
        base = Path(self.preprocessed_dataset_folder_base)
        if write_splits_by_image(base, cases):
            self._say("wrote splits that keep all candidates of an image together.")
        splits = read_splits(base / SPLITS_FILE, cases)
        if self.fold >= len(splits):
            self._say(f"{SPLITS_FILE} has {len(splits)} folds; fold {self.fold} is a random 80:20 split by image.")
            return random_split_by_image(cases, self.fold)
        if left := cases_in_no_split(splits, cases):
            self._say(f"{len(left)} cases are in no split of {SPLITS_FILE}, such as '{left[0]}': nothing scores them.")
        train, val = super().do_split()
        check_split_by_image(train, val)
        return train, val

    def on_train_start(self) -> None:
        super().on_train_start()
        train, val = self._split
        if self.fold == "all":
            val = []
            self._say("fold 'all' validates on training cases; only training visits count.")
        log = VisitLog.empty(train, val, self._label_names(), self._data_parameter_settings())
        self._scorer = CaseScorer(
            Path(self.output_folder), log, epoch=self.current_epoch, writes=self.local_rank == 0, say=self._say
        )
        base, ending = Path(self.preprocessed_dataset_folder_base), self.dataset_json["file_ending"]
        self._origin = Origin(labels=fingerprints(base, log.cases, ending) if self.local_rank == 0 else {})
        for sentence in about_raw_labels(raw_dataset(base.name), self._origin.labels, self.dataset_json):
            self._say(sentence)
        self._say(
            f"scoring {len(train)} training and {len(val)} validation cases, "
            f"{'second' if self.second_pass else 'one'} forward pass, {log.settings}"
        )

    def train_step(self, batch: dict) -> dict:
        output = super().train_step(batch)
        if self.second_pass:
            logits, target = self._forward_again(batch["data"]), full_resolution(batch["target"]).to(self.device)
            self._see(*self._merging.merged(self._keys, logits, target))
        return output

    def on_epoch_end(self) -> None:
        self._scorer.end_epoch(self.current_epoch)
        self._log_series()
        super().on_epoch_end()

    def save_checkpoint(self, filename: str) -> None:
        super().save_checkpoint(filename)
        self._scorer.write_scores()
        self._write_origin(ended=False)

    def on_train_end(self) -> None:
        super().on_train_end()
        self._write_origin(ended=True)

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        """Predict each image once, not once per candidate, and write the predictions where ``ds_fuse`` finds them."""
        if self.is_ddp:
            distributed.barrier()  # rank 0 may still be writing the scores
        self._validating_images = True
        super().perform_actual_validation(save_probabilities=True)
        self._validating_images = False
        if self.local_rank == 0:
            next_stages = self.configuration_manager.next_stage_names or ()
            share_predictions(Path(self.output_folder_base), next_stages, self._predicted, self._split[1])
        predict_images(self, self._predicted, self._split[0], keep_probabilities=save_probabilities)

    def _observe(self, logits: torch.Tensor, target: torch.Tensor) -> None:
        """See what nnU-Net's loss gets."""
        training = torch.is_grad_enabled()  # before torch 2.5, a compiled network is True even in evaluation mode
        seen_again = training and self.second_pass
        trained_on = not training and self.fold == "all"
        if not (seen_again or trained_on):
            self._see(logits, target)

    def _see(self, logits: torch.Tensor, target: torch.Tensor) -> None:
        self._scorer.add(self._keys, self._statistics(logits, target))

    def _statistics(self, logits: torch.Tensor, target: torch.Tensor) -> VisitStatistics:
        """What the batch shows of each case, over what it annotates."""
        labels = self.label_manager
        found = visit_statistics(logits, target, regions=labels.has_regions, ignore_label=labels.ignore_label)
        return self._merging.of_annotated(self._keys, found)

    @torch.no_grad()
    def _forward_again(self, data: torch.Tensor) -> torch.Tensor:
        """Logits of the frozen network; in evaluation mode, running statistics of batch norms do not change."""
        network = self.network.module if self.is_ddp else self.network
        network.eval()
        with torch.autocast("cuda") if self.device.type == "cuda" else dummy_context():
            output = network(data.to(self.device, non_blocking=True))
        network.train()
        return full_resolution(output)

    def _write_origin(self, *, ended: bool) -> None:
        """Write a record beside the scores of what they were learned from."""
        if self.local_rank == 0:
            epochs = len(next(iter(self._scorer.series.values()), []))
            replace(self._origin, epoch=epochs, ended=ended).write(Path(self.output_folder))

    def _log_series(self) -> None:
        """Give the series to nnU-Net's logger, which also sends them to Weights & Biases."""
        for name, values in self._scorer.series.items():
            key = f"deepstaple/{name}"  # nnU-Net's own logger takes only known keys, with one value per epoch
            self.logger.local_logger.my_fantastic_logging.setdefault(key, values[: self.current_epoch])
            self.logger.log(key, values[-1], self.current_epoch)

    def _say(self, line: str) -> None:
        self.print_to_log_file(f"DeepSTAPLE: {line}")

    def _data_parameter_settings(self) -> DataParameterSettings:
        if self.configuration_manager.batch_size > 1:
            return DataParameterSettings()
        self._say(
            "with batches of one sample there is no batch mean to compare with; "
            "the data parameters learn against a running mean over earlier batches instead."
        )
        return DataParameterSettings(baseline="running")

    def _label_names(self) -> list[str]:
        """Names of the foreground classes or regions, in the order of the network's heads, then of wholes."""
        named = {name: value for name, value in self.dataset_json["labels"].items() if name != "ignore"}
        if self.label_manager.has_regions:
            return [name for name, values in named.items() if values not in (0, [0])]
        classes = sorted((name for name in named if named[name] != 0), key=lambda name: named[name])
        return classes + self._merging.wholes

    def _most_trusted(self, cases: list[str]) -> list[str]:
        """For each image, the case whose candidate the network agrees with most."""
        agreement = read_scores(Path(self.output_folder) / SCORES_FILE).column("agreement")
        best: dict[str, str] = {}
        for case in sorted(cases, key=lambda case: -1.0 if math.isnan(agreement[case]) else agreement[case]):
            best[split_case(case)[0]] = case
        self._say(f"predicting each of {len(best)} images once, compared with its most trusted candidate.")
        return sorted(best.values())
