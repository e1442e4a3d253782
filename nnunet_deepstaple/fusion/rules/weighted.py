"""Majority voting."""

import numpy as np

from .consensus import Consensus
from .weighted import weighted


def majority(patterns: np.ndarray, counts: np.ndarray, n_labels: int, weights: np.ndarray) -> Consensus:
    """Every candidate has one vote; the label with the most votes wins (a plurality for more than two labels).

    Heckemann et al., "Automatic anatomical brain MRI segmentation combining label propagation and decision fusion",
    NeuroImage 33(1), 2006. A tie goes to the smaller label value, so two candidates that disagree whether a
    voxel is foreground leave it background.

    Args:
        patterns: label index of each vote, shape (P, K).
        counts: voxels with each pattern, shape (P,); does not matter here.
        n_labels: L.
        weights: shape (K,); left aside.

    Returns:
        Winning labels, and each label's share of the votes as its probability.
    """
    return weighted(patterns, counts, n_labels, np.full(weights.shape, 1 / len(weights)))
