"""Crops cut into slices of their last axis, one voxel thick, for 2D experiments."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.files.image_files import read_image
from nnunet_deepstaple.files.label_maps import read_label_map

from ..experiments.common.judging import label_map_of
from ..experiments.slices.slices import Slice, write_slice_image, write_slice_labels


def write_slices(images: Path, labels: Path, output: Path) -> int:
    """Write every level of each labelled crop to ``output/images`` and ``output/labels``, and say how many."""
    for part in ("images", "labels"):
        (output / part).mkdir(parents=True, exist_ok=True)
    count = 0
    for crop, paths in find_images(images).channels.items():
        channels = np.stack([read_image(path)[0] for path in paths])
        truth, _ = read_label_map(label_map_of(crop, labels))
        for level, plane in enumerate(truth):
            one = Slice(f"{crop}s{level:03d}", crop, level, channels[:, level], plane)
            write_slice_image(one, output / "images")
            write_slice_labels(plane, output / "labels" / f"{one.image}.nii.gz")
            count += 1
    return count
