"""A trainer for datasets whose cases do not annotate everything (:mod:`.merging`)."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from ..datasets.sources.annotated import annotated_by_case, vocabulary_of
from .merging import Merging, Told
from .observed_loss import Tensors
from .validation import count_annotated

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer as _Trainer
else:
    _Trainer = object


class PartialLoss(nn.Module):
    """nnU-Net's loss, on every head, after merging what the cases of a batch cannot tell apart."""

    def __init__(self, loss: nn.Module, merging: Merging, cases: Callable[[], Sequence[str]]) -> None:
        """Call ``cases()`` at each batch."""
        super().__init__()
        self.loss = loss
        self.merging = merging
        self.cases = cases

    def forward(self, output: Tensors, target: Tensors) -> Any:
        """Merge, then compute the wrapped loss.

        In validation the tensors of the full resolution are changed in place. nnU-Net then computes its running Dice
        from them, so it counts the labels that a case annotates.
        """
        cases = self.cases()
        if not self.merging.concerns(cases):
            return self.loss(output, target)
        heads = [(output, target)] if isinstance(output, torch.Tensor) else list(zip(output, target, strict=True))
        merged = [self.merging.merged(cases, *head) for head in heads]
        if isinstance(output, torch.Tensor):
            loss = self.loss(*merged[0])
        else:
            loss = self.loss([one for one, _ in merged], [one for _, one in merged])
        if not torch.is_grad_enabled():
            for given, counted in zip(heads[0], self.merging.counted(cases, *heads[0]), strict=True):
                given.copy_(counted)
        return loss


class PartialMixin(_Trainer):
    """Trains on what each case annotates, as ``"annotates"`` of dataset.json says; put it before any nnU-Net trainer.

    Where all cases annotate everything, it trains exactly like the trainer behind it.
    """

    _keys: Sequence[str] = ()

    def _build_loss(self) -> nn.Module:
        loss = self._whole_loss()
        self._merging = self._what_cases_tell()
        if not self._merging:
            return loss
        self.print_to_log_file("not all cases annotate everything; each trains what it annotates.")
        return PartialLoss(loss, self._merging, lambda: self._keys)

    def _whole_loss(self) -> nn.Module:
        """The loss of cases that annotate everything."""
        return super()._build_loss()

    def train_step(self, batch: dict) -> dict:
        self._keys = batch["keys"]
        return super().train_step(batch)

    def validation_step(self, batch: dict) -> dict:
        self._keys = batch["keys"]
        return super().validation_step(batch)

    def perform_actual_validation(self, save_probabilities: bool = False) -> None:
        super().perform_actual_validation(save_probabilities)
        if self._merging and self.local_rank == 0:
            labels = self.label_manager
            named = labels.foreground_regions if labels.has_regions else labels.foreground_labels
            summary = Path(self.output_folder) / "validation" / "summary.json"
            ending = self.dataset_json["file_ending"]
            dice = count_annotated(summary, ending, list(map(str, named)), self._merging.foreground_of)
            self.print_to_log_file(
                f"That mean counts labels that a case does not annotate as wrong; over what each case annotates it is "
                f"{dice:.4f} ({summary.name} holds this one).",
                also_print_to_console=True,
            )

    def _what_cases_tell(self) -> Merging:
        annotated = annotated_by_case(self.dataset_json)
        vocabulary = vocabulary_of(self.dataset_json)
        labels = self.dataset_json["labels"]
        regions = [name for name in labels if name in vocabulary.names] if self.label_manager.has_regions else []
        return Merging({case: Told.of(vocabulary, names, regions) for case, names in annotated.items()})
