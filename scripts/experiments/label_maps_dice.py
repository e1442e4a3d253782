"""Dice and volume of folders of label maps beside the truth."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.files.image_files import split_ending
from nnunet_deepstaple.files.label_maps import read_label_map

from .vote_tables import label_map_of, mean_dice, relative_volume


def dice_of_folder(folder: Path, truth: Path) -> dict[str, float]:
    """Mean Dice over the labels of each image that ``truth`` has; a missing one fails."""
    return {image: dice_of_files(label_map_of(image, folder), path) for image, path in label_maps_in(truth).items()}


def dice_of_files(one: Path, truth: Path) -> float:
    """Mean Dice over the foreground labels of two label maps."""
    return dice_of_arrays(read_label_map(one)[0], read_label_map(truth)[0])


def dice_of_arrays(labels: np.ndarray, truth: np.ndarray) -> float:
    """Mean Dice over the foreground labels that either shows; 1 where neither shows any."""
    cells = _cells(labels, truth)
    return mean_dice(np.arange(len(cells)), cells)


def volumes_of_folder(folder: Path, truth: Path) -> dict[str, float]:
    """Foreground volume of each image that ``truth`` has, where the true one is 1; NaN where there is none."""
    volumes = {}
    for image, path in label_maps_in(truth).items():
        cells = _cells(read_label_map(label_map_of(image, folder))[0], read_label_map(path)[0])
        volumes[image] = relative_volume(np.arange(len(cells)), cells)
    return volumes


def _cells(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Voxels by their label and their true label, shape (L, L)."""
    n_labels = int(max(labels.max(initial=0), truth.max(initial=0))) + 1
    cells = np.bincount(labels.ravel().astype(int) * n_labels + truth.ravel(), minlength=n_labels**2)
    return cells.reshape(n_labels, n_labels)


def label_maps_in(folder: Path) -> dict[str, Path]:
    """Label maps ``<image><ending>`` of a folder by image, sorted."""
    split = ((split_ending(path.name), path) for path in sorted(folder.iterdir()))
    return {parts[0]: path for parts, path in split if parts is not None}
