"""Soft labels by nnU-Net's own region loss: the share of a label's votes, told in levels that lie one in another.

With the levels 1/4, 1/2 and 3/4, label 1 is told by the values 1 to 3, label 2 by 4 to 6. A region is all voxels in
which a label has one level or a higher one, so that a network learns how sure the voters are; of its predictions, the
labels are those with a level of one half or more.
"""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.label_names import BACKGROUND, LabelNames
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map

LEVELS = (0.25, 0.5, 0.75)
HALF = LEVELS.index(0.5)


def encode(shares: np.ndarray) -> np.ndarray:
    """Values of the levels that the foreground label with the largest share reaches.

    Args:
        shares: of the background and each label 1 to L, shape (L + 1, z, y, x).

    Returns:
        Shape (z, y, x), 0 where no label reaches any level.
    """
    label = shares[1:].argmax(axis=0)
    reached = np.searchsorted(LEVELS, shares[1:].max(axis=0), side="right")
    return np.where(reached > 0, label * len(LEVELS) + reached, 0).astype(np.uint16)


def decode(values: np.ndarray) -> np.ndarray:
    """Labels of values that :func:`encode` gave, or a network predicted, shape as ``values``."""
    label, level = np.divmod(values.astype(int) - 1, len(LEVELS))
    return np.where((values > 0) & (level >= HALF), label + 1, 0).astype(np.uint16)


def nested_names(labels: int) -> LabelNames:
    """The regions of L labels; those of high levels are painted over those of low ones."""
    regions = {
        f"label_{label + 1}_at_{share:g}": [label * len(LEVELS) + higher + 1 for higher in range(level, len(LEVELS))]
        for level, share in enumerate(LEVELS)
        for label in range(labels)
    }
    return LabelNames({BACKGROUND: 0, **regions}, [values[0] for values in regions.values()])


def write_levels(fused: Path, output: Path) -> Path:
    """Encode the shares that ``ds_fuse --save_probabilities`` left beside its label maps."""
    output.mkdir(parents=True, exist_ok=True)
    for path, image in label_maps_in(fused):
        _, geometry = read_label_map(path)
        with np.load(fused / f"{image}.npz") as arrays:
            write_label_map(encode(arrays["probabilities"]), geometry, output / path.name)
    return output


def decode_folder(predictions: Path, output: Path) -> Path:
    """Decode a folder of predicted label maps."""
    output.mkdir(parents=True, exist_ok=True)
    for path, _ in label_maps_in(predictions):
        values, geometry = read_label_map(path)
        write_label_map(decode(values), geometry, output / path.name)
    return output
