"""A small population of smooth anatomies: their labels, their images, and atlases registered to them.

A subject is a smooth deformation φ of one template: its label at the voxel x is the template's label at φ(x).
An image is made from a subject's labels in a contrast of its own. A candidate for the image of subject i is the
label map of another subject j, registered to i with the residual error q,

    x ↦ (1 − q) φ_i(x) + q φ_j(x) + r(x),

so that q = 0 finds i's anatomy and q = 1 leaves the atlas where it was; r is a smooth random deformation that
grows with q. Registrations that failed have in common that they miss the pose of i: their errors do not cancel
out in a majority vote.

Arrays have the shape (z, y, x), deformations (3, z, y, x) in voxels.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, rotate

SIZE = (32, 40, 40)
"""Voxels of every image along z, y and x."""

LABELS = {"background": 0, "head": 1, "tail": 2, "core": 3}
"""A bent tube in two parts, and a round structure beside it."""

FloatArray = NDArray[np.float32]
LabelArray = NDArray[np.uint8]


def draw_subject(random: np.random.Generator) -> FloatArray:
    """Draw the deformation φ of one subject: a pose (shift, rotation, size) and a smooth change of shape.

    Returns:
        Coordinates in the template, shape (3, z, y, x), in voxels from its centre.
    """
    grid = _centred_grid()
    shift = random.normal(0, 2.0, (3, 1, 1, 1))
    angle = np.deg2rad(random.normal(0, 10))
    rotation = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    size = random.normal(1, 0.07)
    posed = np.einsum("ij,jzyx->izyx", rotation / size, grid - shift)
    return (posed + smooth_field(random, amplitude=1.0)).astype(np.float32)


def smooth_field(random: np.random.Generator, amplitude: float, width: float = 6.0) -> FloatArray:
    """Draw a smooth random deformation, shape (3, z, y, x).

    Args:
        random: source of randomness.
        amplitude: standard deviation in voxels.
        width: standard deviation of the smoothing in voxels.
    """
    return np.stack([_smooth_noise(random, width) for _ in range(3)]) * np.float32(amplitude)


def labels_of(coordinates: FloatArray) -> LabelArray:
    """Labels of the template at ``coordinates``, shape (3, z, y, x), in voxels from its centre."""
    z, y, x = coordinates
    tube = ((y + 3 - 0.04 * x**2) / 4.6) ** 2 + (z / 6) ** 2 + (x / 13) ** 6 < 1
    core = ((z - 1) / 6) ** 2 + ((y - 9) / 4.5) ** 2 + (x / 6) ** 2 < 1
    labels = np.zeros(z.shape, np.uint8)
    labels[tube & (x <= -1)] = LABELS["head"]
    labels[tube & (x > -1)] = LABELS["tail"]
    labels[core] = LABELS["core"]
    return labels


def image_of(coordinates: FloatArray, random: np.random.Generator) -> FloatArray:
    """Image of the subject at ``coordinates``: its tissues in the scanner's contrast, bias field and noise."""
    z, y, x = coordinates
    intensity = np.full(z.shape, 100.0, np.float32)
    intensity += 12 * _smooth_noise(random, 2.5)
    labels = labels_of(coordinates)
    for name, value in (("head", 165.0), ("tail", 145.0), ("core", 60.0)):
        intensity[labels == LABELS[name]] = value
    unlabelled = (z / 5) ** 2 + ((y + 13) / 3.5) ** 2 + ((x + 3) / 8) ** 2 < 1
    intensity[unlabelled] = 155.0
    bias = np.exp(0.12 * _smooth_noise(random, 12))
    noise = random.normal(0, 10, z.shape)
    return (gaussian_filter(intensity, 0.6) * bias + noise).astype(np.float32)


def draw_candidate(subject: FloatArray, atlas: FloatArray, random: np.random.Generator) -> LabelArray:
    """Register the labels of ``atlas`` to ``subject``: well, badly, or with a gross failure."""
    well = random.random() < 0.4
    residual = random.uniform(0.05, 0.35) if well else random.uniform(0.5, 1.0)
    error = smooth_field(random, amplitude=0.4 + 1.4 * residual)
    labels = labels_of((1 - residual) * subject + residual * atlas + error)
    if random.random() < 0.88:
        return labels
    return (_shifted, _rotated, _swapped, _shrunken)[random.integers(4)](labels, random)


def _shifted(labels: LabelArray, random: np.random.Generator) -> LabelArray:
    return np.roll(labels, random.choice([-7, 7], 2), axis=(1, 2))


def _rotated(labels: LabelArray, random: np.random.Generator) -> LabelArray:
    return rotate(labels, random.choice([-1, 1]) * random.uniform(35, 90), axes=(1, 2), reshape=False, order=0)


def _swapped(labels: LabelArray, random: np.random.Generator) -> LabelArray:
    """The three labels change places."""
    others = np.roll([LABELS["head"], LABELS["tail"], LABELS["core"]], random.choice([1, 2]))
    return np.array([0, *others], np.uint8)[labels]


def _shrunken(labels: LabelArray, random: np.random.Generator) -> LabelArray:
    """Only a few slices are left."""
    slices = np.arange(len(labels))[:, None, None]
    return np.where(abs(slices - random.integers(12, 20)) < 2, labels, np.uint8(0))


def _centred_grid() -> FloatArray:
    axes = (np.arange(length, dtype=np.float32) - (length - 1) / 2 for length in SIZE)
    return np.stack(np.meshgrid(*axes, indexing="ij"))


def _smooth_noise(random: np.random.Generator, width: float) -> FloatArray:
    """Noise of the shape :data:`SIZE`, smoothed by ``width`` voxels, with mean 0 and standard deviation 1."""
    noise = gaussian_filter(random.standard_normal(SIZE).astype(np.float32), width, mode="wrap")
    return (noise - noise.mean()) / noise.std()
