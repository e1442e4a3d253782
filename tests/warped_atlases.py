"""Targets, and atlases warped to them by registrations that are a little wrong: images and labels err together."""

from pathlib import Path

import numpy as np
from scipy import ndimage

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import write_label_map

SHAPE = (20, 26, 24)

CONTRASTS = {
    "same": lambda image: image,
    "inverted": lambda image: 300 - image,
    "folded": lambda image: np.interp(image, [100, 140, 200, 260, 300], [130, 100, 40, 160, 200]).astype(np.float32),
}
"""What the target's intensities become: tissue of 140, structures of 200 and 260."""


def anatomy(shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Image and labels of two structures beside each other, in tissue with a texture of its own."""
    random = np.random.default_rng(seed)
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, size) for size in shape), indexing="ij"))
    shaken = grid + 0.12 * _smooth(random, (len(shape), *shape), 3)
    first = ((shaken - 0.15) ** 2).sum(axis=0) < 0.2
    second = ((shaken + 0.45) ** 2).sum(axis=0) < 0.12
    labels = np.where(first, 1, np.where(second, 2, 0)).astype(np.uint8)
    image = np.array([40.0, 100.0, 160.0])[labels] + 8 * _smooth(random, (1, *shape), 1)[0]
    return ndimage.gaussian_filter(image, 0.5).astype(np.float32) + 100, labels


def warped(values: np.ndarray, seed: int, order: int) -> np.ndarray:
    """What a registration leaves that is off by a voxel or two, here more and there less."""
    random = np.random.default_rng(seed)
    places = np.indices(values.shape) + 1.8 * _smooth(random, (values.ndim, *values.shape), 3)
    return ndimage.map_coordinates(values, places, order=order, mode="nearest")


def write_atlases(folder: Path, shape=SHAPE, images=2, count=5, contrast="same") -> Path:
    """Write ``images``, ``candidates``, ``warped`` and ``truth``; the images have one of :data:`CONTRASTS`."""
    for name in ("images", "candidates", "warped", "truth"):
        (folder / name).mkdir(parents=True)
    grid = Geometry.axis_aligned(shape[::-1])
    for number in range(images):
        image, labels = anatomy(shape, number)
        shown = CONTRASTS[contrast](image)
        noise = np.random.default_rng(number).normal(0, 2, (count + 1, *shape)).astype(np.float32)
        write_image(shown + noise[-1], grid, folder / f"images/scan{number}_0000.nii.gz")
        write_label_map(labels, grid, folder / f"truth/scan{number}.nii.gz")
        for atlas in range(count):
            case, seed = f"scan{number}__atlas{atlas}", 100 * number + atlas
            write_label_map(warped(labels, seed, 0), grid, folder / f"candidates/{case}.nii.gz")
            write_image(warped(image, seed, 1) + noise[atlas], grid, folder / f"warped/{case}.nii.gz")
    return folder


def _smooth(random: np.random.Generator, shape: tuple[int, ...], width: float) -> np.ndarray:
    noise = random.normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, [0, *(width for _ in shape[1:])])
    return smooth / smooth.std()
