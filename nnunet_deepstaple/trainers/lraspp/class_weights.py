"""Weights of the classes in the network's cross-entropy: rare classes weigh more."""

from collections.abc import Iterable

import numpy as np
import torch
from nnunetv2.training.dataloading.nnunet_dataset import nnUNetBaseDataset

EXPONENT = -0.35


def count_voxels(dataset: nnUNetBaseDataset, cases: Iterable[str], classes: int) -> np.ndarray:
    """Voxels of each class in the candidates of a preprocessed dataset, shape (classes,).

    Voxels outside the image count as background. Labels above the classes (the ignore label) are not counted.
    """
    counts = np.zeros(classes, np.int64)
    for case in cases:
        labels = np.asarray(dataset.load_case(case)[1][:]).ravel()
        counts += np.bincount(np.maximum(labels, 0).astype(np.int64), minlength=classes)[:classes]
    return counts


def class_weights(voxels: np.ndarray) -> torch.Tensor:
    """``voxels`` to the power of −0.35, divided by the mean, shape (classes,); an absent class counts as one voxel."""
    weights = np.maximum(voxels, 1) ** EXPONENT
    return torch.from_numpy(weights / weights.mean()).float()
