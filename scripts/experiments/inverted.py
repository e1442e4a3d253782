"""Images with their contrast inverted, so that T1 looks a little like T2."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.files.image_files import read_image, write_image

_EXTREMES = (0.5, 99.5)
"""Percentiles beyond which intensities are cut, so that a few bright voxels do not decide."""


def invert_images(folder: Path, output: Path) -> Path:
    """Write each channel of a folder with high and low intensities exchanged, and give the folder of the results."""
    output.mkdir(exist_ok=True)
    for channels in find_images(folder).channels.values():
        for path in channels:
            values, geometry = read_image(path)
            inverted = invert(values)
            write_image(inverted, geometry, output / path.name)
    return output


def invert(values: np.ndarray) -> np.ndarray:
    """Mirror intensities at the middle of their range, extremes cut off; same shape, float32."""
    low, high = np.percentile(values, _EXTREMES)
    return (low + high - np.clip(values, low, high)).astype(np.float32)
