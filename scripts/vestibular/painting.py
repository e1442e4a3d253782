"""Heads painted around real contours: real shapes of tumour and cochlea, generated anatomy and intensities.

A head is a few ellipsoids placed by the patient's own cochlea: skin, skull, brain, ventricles, brainstem, cerebellum,
and on both sides a petrous bone with its canal. Each tissue has an intensity in either contrast; the tumour is the
brightest in contrast-enhanced T1 and dark in T2.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from nnunet_deepstaple.files.geometry import Geometry

from .contours import COCHLEA, TUMOUR

INTENSITIES = {
    "T1": {
        "air": 0,
        "skin": 900,
        "skull": 120,
        "brain": 520,
        "fluid": 150,
        "stem": 560,
        "bone": 60,
        "ear": 160,
        "tumour": 1000,
    },
    "T2": {
        "air": 0,
        "skin": 350,
        "skull": 60,
        "brain": 480,
        "fluid": 1000,
        "stem": 400,
        "bone": 40,
        "ear": 900,
        "tumour": 420,
    },
}
"""By contrast and tissue."""

USUAL_COCHLEA = np.array([33.0, -5.0, -30.0])
"""Where a cochlea is from the middle of a head, in millimetres."""

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Anatomy:
    """A head's own proportions.

    Attributes:
        middle: position of the middle of the head.
        size: of the head, where 1 is usual.
        cochleae: positions of both.
    """

    middle: np.ndarray
    size: float
    cochleae: np.ndarray

    @classmethod
    def around(cls, cochlea: np.ndarray, random: np.random.Generator) -> "Anatomy":
        """Draw a head whose cochlea on one side is where it was drawn."""
        middle = np.array([random.normal(0, 1.5), *(cochlea[1:] - USUAL_COCHLEA[1:] + random.normal(0, 2, 2))])
        size = float(np.clip(abs(cochlea[0] - middle[0]) / USUAL_COCHLEA[0], 0.85, 1.15))
        opposite = cochlea * [-1, 1, 1] + [2 * middle[0], 0, 0] + random.normal(0, 1, 3)
        return cls(middle, size, np.stack([cochlea, opposite]))


def paint(
    labels: np.ndarray, grid: Geometry, anatomy: Anatomy, contrast: str, random: np.random.Generator
) -> np.ndarray:
    """Paint a head.

    Args:
        labels: tumour and cochlea, shape (z, y, x).
        grid: of the image.
        anatomy: of the head.
        contrast: ``T1`` or ``T2``.
        random: source of noise and texture.

    Returns:
        Intensities, shape (z, y, x), int16.
    """
    shades = INTENSITIES[contrast]
    x, y, z = _positions(grid)
    image = np.full(labels.shape, shades["air"], np.float32)

    def fill(tissue: str, place: np.ndarray, shift: Triple, axes: Triple) -> None:
        centre, (a, b, c) = place + np.array(shift), (anatomy.size * axis for axis in axes)
        inside = ((x - centre[0]) / a) ** 2 + ((y - centre[1]) / b) ** 2 + ((z - centre[2]) / c) ** 2 < 1
        image[inside] = shades[tissue]

    middle = anatomy.middle
    fill("skin", middle, (0, 0, 0), (78, 98, 100))
    fill("skull", middle, (0, 0, 0), (72, 92, 94))
    fill("brain", middle, (0, 0, 0), (66, 86, 88))
    for side in (-1, 1):
        fill("fluid", middle, (side * 12, -5, 15), (7, 30, 12))
    fill("fluid", middle, (0, -3, -32), (24, 20, 22))
    fill("stem", middle, (0, 2, -34), (14, 13, 40))
    fill("stem", middle, (0, 42, -42), (45, 28, 22))
    for cochlea in anatomy.cochleae:
        outwards = np.sign(cochlea[0] - middle[0])
        fill("bone", cochlea, (outwards * 10, 0, 0), (26, 11, 12))
        fill("fluid", cochlea, (-outwards * 9, 3, 0), (9, 2.5, 2.5))
        fill("ear", cochlea, (0, 0, 0), (4, 3, 3))
    texture = ndimage.zoom(random.normal(0, 40, [max(side // 8, 2) for side in labels.shape]), 8, order=1)
    padding = [(0, max(side - there, 0)) for side, there in zip(labels.shape, texture.shape, strict=True)]
    texture = np.pad(texture, padding, mode="edge")[tuple(map(slice, labels.shape))]
    image += np.where(image > shades["air"], texture, 0).astype(np.float32)
    for value, tissue in ((COCHLEA, "ear"), (TUMOUR, "tumour")):
        image[labels == value] = shades[tissue]
    image = ndimage.gaussian_filter(image, [0.4 / spacing for spacing in grid.spacing[::-1]])
    return np.clip(image + random.normal(0, 15, image.shape), 0, None).astype(np.int16)


def _positions(grid: Geometry) -> tuple[np.ndarray, ...]:
    """Positions x, y and z along the axes of a grid that lies along the world's, each of three dimensions."""
    axes = [
        origin + spacing * np.arange(size)
        for origin, spacing, size in zip(grid.origin, grid.spacing, grid.size, strict=True)
    ]
    return axes[0][None, None, :], axes[1][None, :, None], axes[2][:, None, None]
