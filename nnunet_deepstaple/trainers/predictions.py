"""The final network's own label map of each image, which may vote on the image's consensus beside the candidates."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.utilities.label_handling.label_handling import convert_labelmap_to_one_hot
from torch import distributed
from torch._dynamo import OptimizedModule

from ..datasets.case_ids import split_case
from ..datasets.nnunet_folders import PREDICTIONS

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer


def predict_images(trainer: "nnUNetTrainer", predicted: Sequence[str], cases: Sequence[str]) -> None:
    """Leave the network's label map of each image in ``fold_F/predictions/<image><ending>``.

    Sliding windows with mirroring, as in nnU-Net's final validation. The folder appears when it is complete. In a
    distributed training each rank predicts its share.

    Args:
        trainer: a trained trainer.
        predicted: cases that the final validation has just predicted, one for each image.
        cases: cases of the images that are to be predicted, unless they were just now.
    """
    folder, temporary = (Path(trainer.output_folder) / name for name in (PREDICTIONS, f".tmp.{PREDICTIONS}"))
    done = {split_case(case)[0] for case in predicted}
    pending = {split_case(case)[0]: case for case in sorted(cases) if split_case(case)[0] not in done}
    if trainer.local_rank == 0:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        ending = trainer.dataset_json["file_ending"]
        for case in predicted:
            shutil.copyfile(
                Path(trainer.output_folder) / "validation" / f"{case}{ending}",
                temporary / f"{split_case(case)[0]}{ending}",
            )
    _wait(trainer)
    if pending:
        trainer.print_to_log_file(f"DeepSTAPLE: predicting {len(pending)} training images too, for {folder}.")
        ranks = distributed.get_world_size() if trainer.is_ddp else 1
        _predict(trainer, list(pending.values())[trainer.local_rank :: ranks], temporary)
    _wait(trainer)
    if trainer.local_rank == 0:
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)


def _predict(trainer: "nnUNetTrainer", cases: Sequence[str], folder: Path) -> None:
    network = trainer.network.module if trainer.is_ddp else trainer.network
    weights = (network._orig_mod if isinstance(network, OptimizedModule) else network).state_dict()
    predictor = nnUNetPredictor(device=trainer.device, allow_tqdm=False)
    predictor.manual_initialization(
        network,
        trainer.plans_manager,
        trainer.configuration_manager,
        [weights],
        trainer.dataset_json,
        type(trainer).__name__,
        trainer.inference_allowed_mirroring_axes,
    )
    trainer.set_deep_supervision_enabled(False)
    predictor.predict_from_data_iterator(_preprocessed(trainer, cases, folder))
    trainer.set_deep_supervision_enabled(True)


def _preprocessed(trainer: "nnUNetTrainer", cases: Sequence[str], folder: Path) -> Iterator[dict[str, Any]]:
    """The cases as nnU-Net's predictor takes them, each with the file that it goes to, less the ending."""
    previous = trainer.folder_with_segs_from_previous_stage
    dataset = trainer.dataset_class(trainer.preprocessed_dataset_folder, list(cases), previous)
    for case in cases:
        image, _, previous_stage, properties = dataset.load_case(case)
        channels = image[:]
        if trainer.is_cascaded:
            labels = trainer.label_manager.foreground_labels
            channels = np.vstack((channels, convert_labelmap_to_one_hot(previous_stage[:], labels, channels.dtype)))
        yield {
            "data": torch.from_numpy(channels.copy()),
            "ofile": str(folder / split_case(case)[0]),
            "data_properties": properties,
        }


def _wait(trainer: "nnUNetTrainer") -> None:
    if trainer.is_ddp:
        distributed.barrier()
