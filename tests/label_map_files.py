"""Small images and label maps for tests."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

SIZE = (8, 10, 12)  # z, y, x
SPACING = (1.0, 1.5, 2.0)


def save(path: Path, values: np.ndarray, spacing=SPACING, origin=(3.0, -4.0, 5.0)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing[: image.GetDimension()])
    image.SetOrigin(origin[: image.GetDimension()])
    sitk.WriteImage(image, str(path))
    return path


def image_values(seed: int = 0, size=SIZE) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 20, size).astype(np.float32)


def label_values(values=(1, 2), size=SIZE, dtype=np.uint8) -> np.ndarray:
    labels = np.zeros(size, dtype)
    for start, value in enumerate(values):
        labels[..., 2 * start + 2 : 2 * start + 4, 3:8] = value
    return labels
