"""Dice and volume of folders of label maps beside the truth."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.label_maps import read_label_map


def dice_of_folder(folder: Path, truth: Path) -> dict[str, float]:
    """Mean Dice over the labels of each image that ``truth`` has; a missing one fails."""
    return {image: dice_of_files(label_map_of(image, folder), path) for path, image in label_maps_in(truth)}


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
    for path, image in label_maps_in(truth):
        cells = _cells(read_label_map(label_map_of(image, folder))[0], read_label_map(path)[0])
        volumes[image] = relative_volume(np.arange(len(cells)), cells)
    return volumes


def _cells(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Voxels by their label and their true label, shape (L, L)."""
    n_labels = int(max(labels.max(initial=0), truth.max(initial=0))) + 1
    cells = np.bincount(labels.ravel().astype(int) * n_labels + truth.ravel(), minlength=n_labels**2)
    return cells.reshape(n_labels, n_labels)


def mean_dice(labels: np.ndarray, truth: np.ndarray) -> float:
    """Mean Dice over the foreground labels that either shows; 1 where neither shows any.

    Args:
        labels: label of each pattern, shape (P,).
        truth: voxels of each true label in each pattern, shape (P, L).
    """
    n_labels = truth.shape[1]
    volumes = np.bincount(labels, weights=truth.sum(axis=1), minlength=n_labels) + truth.sum(axis=0)
    overlap = np.array([truth[labels == label, label].sum() for label in range(1, n_labels)])
    shown = volumes[1:] > 0
    return float(np.mean(2 * overlap[shown] / volumes[1:][shown])) if shown.any() else 1.0


def relative_volume(labels: np.ndarray, truth: np.ndarray) -> float:
    """Foreground volume where the true one is 1; NaN where there is none.

    Args:
        labels: label of each pattern, shape (P,).
        truth: voxels of each true label in each pattern, shape (P, L).
    """
    true = truth[:, 1:].sum()
    return float(truth[labels > 0].sum() / true) if true else float("nan")


def label_map_of(image: str, folder: Path) -> Path:
    """Path of an image's label map in a folder.

    Raises:
        InputError: there is none.
    """
    paths = sorted(path for path in folder.glob(f"{image}.*") if not path.name.endswith((".npz", ".pkl", ".json")))
    if not paths:
        raise InputError(f"{folder} has no label map of image '{image}'")
    return paths[0]
