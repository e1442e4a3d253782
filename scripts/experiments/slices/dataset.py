"""What the 2D experiments share: a dataset of slices with one label each, and the scores that a training gives them."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnunet_deepstaple.scoring.visit_log import FILE_NAME, VisitLog, read_visit_log

from ...evidence.rows import add_output_option
from ..common.judging import dice_of_arrays
from ..common.training import FIRST_PASS, SCORING_TRAINER, Budget, Dataset, Network, add_training_options
from ..common.workspace import Workspace
from ..replays.runs import SECOND_PASS, TRAINING_PASS
from ..scoring_run import prepare
from .slices import Slice, slices_of, write_slice_image, write_slice_labels

CONFIGURATION = "2d"
SET = "slices"
FOLD = "all"  # every slice trains the network, and so is scored by its training visits
LABEL = "label"
"""Name of the one candidate that each slice has."""


@dataclass(frozen=True)
class Labelled:
    """Slices with the labels that a network is given for them, one for one."""

    slices: Sequence[Slice]
    labels: Sequence[np.ndarray]

    @property
    def cases(self) -> list[str]:
        return [f"{one.image}__{LABEL}" for one in self.slices]

    def true_dice(self) -> np.ndarray:
        """Dice of the given labels with the truth, shape (N,)."""
        return np.array(
            [dice_of_arrays(labels, one.truth) for one, labels in zip(self.slices, self.labels, strict=True)]
        )

    def where(self, kept: np.ndarray) -> "Labelled":
        """Those in a mask, shape (N,)."""
        indices = np.flatnonzero(kept).tolist()
        return Labelled([self.slices[i] for i in indices], [self.labels[i] for i in indices])


def add_options(arguments: argparse.ArgumentParser, data: str) -> None:
    """Add the options of both experiments."""
    add_training_options(arguments, CONFIGURATION, epochs=15, data=data)
    add_output_option(arguments)
    arguments.add_argument("-step", type=int, default=2, help="take every so many slices of a volume (2)")


def read_slices(data: Path, step: int) -> list[Slice]:
    """Slices of the training volumes."""
    return list(slices_of(data / "images", data / "oracle", step))


def make_dataset(workspace: Workspace, number: int, name: str, labelled: Labelled, network: Network) -> Dataset:
    """Write slices and labels, prepare them as nnU-Net's dataset, plan and preprocess it."""
    folder = workspace.folder / "slices" / name
    dataset = Dataset(workspace, number, name)
    if not dataset.labels.is_dir():
        for part in ("images", "candidates"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for one, case, labels in zip(labelled.slices, labelled.cases, labelled.labels, strict=True):
            write_slice_image(one, folder / "images")
            write_slice_labels(labels, folder / "candidates" / f"{case}.nii.gz")
    prepare(dataset, folder / "images", folder / "candidates")
    dataset.plan(network)
    return dataset


def logs_of(dataset: Dataset, network: Network, budget: Budget) -> dict[str, VisitLog]:
    """Train the scoring network on all slices and read the logs of both passes."""
    dataset.train(SCORING_TRAINER, network, budget, FOLD)
    folder = dataset.fold_folder(SCORING_TRAINER, network, budget, FOLD)
    return {
        TRAINING_PASS: read_visit_log(folder / FIRST_PASS / FILE_NAME),
        SECOND_PASS: read_visit_log(folder / FILE_NAME),
    }


def in_order(cases: Sequence[str], found: Mapping[str, float]) -> np.ndarray:
    """Scores of cases in a given order; a missing one gets the mean of the others."""
    scores = np.array([found[case] for case in cases])
    return np.where(np.isnan(scores), np.nanmean(scores), scores)
