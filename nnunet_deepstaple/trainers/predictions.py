"""Predictions of the final network for each image: a further voter beside the candidates.

nnU-Net's exporters write label maps, and beside them probabilities of full size. Eight bits of these are kept
(:mod:`..files.soft_labels`).
"""

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
from ..files.endings import ending_of
from ..files.label_maps import copy_label_map, read_label_map
from ..files.soft_labels import soft_labels_beside, soften, write_soft_labels

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

TOGETHER = 32
"""Largest number of images whose probabilities of full size are on the disk at the same time."""


def predict_images(
    trainer: "nnUNetTrainer", predicted: Sequence[str], cases: Sequence[str], keep_probabilities: bool
) -> None:
    """Write the network's label map of each image to ``fold_F/predictions/<image><ending>``, with soft labels beside.

    Images are predicted with sliding windows and mirroring, as in nnU-Net's final validation. The folder appears when
    it is complete. In a distributed training each rank predicts a part of the images.

    Args:
        trainer: a trained trainer.
        predicted: cases that the final validation has just predicted with their probabilities, one for each image.
        cases: cases of the images to predict; images in ``predicted`` are not predicted again.
        keep_probabilities: whether the probabilities of the final validation are kept.
    """
    folder, temporary = (Path(trainer.output_folder) / name for name in (PREDICTIONS, f".tmp.{PREDICTIONS}"))
    done = {split_case(case)[0] for case in predicted}
    pending = {split_case(case)[0]: case for case in sorted(cases) if split_case(case)[0] not in done}
    if trainer.local_rank == 0:
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        ending = trainer.dataset_json["file_ending"]
        for case in predicted:
            validated = Path(trainer.output_folder) / "validation" / f"{case}{ending}"
            label_map = temporary / f"{split_case(case)[0]}{ending}"
            copy_label_map(validated, label_map)
            _soften(trainer, probabilities_beside(validated), label_map, keep=keep_probabilities)
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
    for start in range(0, len(cases), TOGETHER):
        together = cases[start : start + TOGETHER]
        predictor.predict_from_data_iterator(_preprocessed(trainer, together, folder), save_probabilities=True)
        for case in together:
            label_map = folder / f"{split_case(case)[0]}{trainer.dataset_json['file_ending']}"
            _soften(trainer, probabilities_beside(label_map), label_map, keep=False)
    trainer.set_deep_supervision_enabled(True)


def _preprocessed(trainer: "nnUNetTrainer", cases: Sequence[str], folder: Path) -> Iterator[dict[str, Any]]:
    """The cases as nnU-Net's predictor takes them, each with the path of its result without the ending."""
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


def label_shares(probabilities: np.ndarray, regions_class_order: Sequence[int] | None) -> dict[int, np.ndarray]:
    """How probable each label is, by ascending value.

    Args:
        probabilities: of the classes in the order of their values, or of the regions, shape (C, …).
        regions_class_order: nnU-Net's list of one label per region; each region paints over the regions before it. None
            for classes.
    """
    if regions_class_order is None:
        return dict(enumerate(probabilities))
    found: dict[int, np.ndarray] = {}
    left = np.ones_like(probabilities[0])  # what is left for the regions that are painted over
    for label, region in zip(reversed(regions_class_order), reversed(probabilities), strict=True):
        found[label] = found.get(label, 0) + left * region
        left = left * (1 - region)
    return dict(sorted(found.items()))


def probabilities_beside(label_map: Path) -> Path:
    """Where nnU-Net writes the probabilities of a label map; the image's properties are beside them, as ``.pkl``."""
    return Path(str(label_map).removesuffix(ending_of(label_map)) + ".npz")


def _soften(trainer: "nnUNetTrainer", probabilities: Path, label_map: Path, *, keep: bool) -> None:
    """Write soft labels beside a label map, from nnU-Net's probabilities; delete these unless ``keep``."""
    manager = trainer.label_manager
    labels, _ = read_label_map(label_map)
    with np.load(probabilities) as arrays:
        found = arrays["probabilities"]
    if not keep:
        for path in (probabilities, probabilities.with_suffix(".pkl")):
            path.unlink()
    if not np.array_equal(manager.convert_probabilities_to_segmentation(found).squeeze(), labels.squeeze()):
        trainer.print_to_log_file(
            f"DeepSTAPLE: no soft labels for {label_map.name}; nnU-Net's reader turns the image, and its probabilities "
            "do not fit the label map."
        )
        return
    shares = label_shares(found, manager.regions_class_order if manager.has_regions else None)
    write_soft_labels(soften(shares.values(), shares, labels.shape), soft_labels_beside(label_map))


def _wait(trainer: "nnUNetTrainer") -> None:
    if trainer.is_ddp:
        distributed.barrier()
