"""Features that compare the patches of two images: intensities, bright or dark, or self-similarities of any contrast.

Both are kept as small whole numbers. So sums over patches are exact, quick and small.

Heinrich et al., "Towards Realtime Multimodal Fusion for Image-Guided Interventions Using Self-similarities", MICCAI
2013 (MIND-SSC, and its Hamming distance).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from ...files.boxes import Box

Triple = tuple[int, int, int]

INTENSITY, MIND = "intensity", "mind"
KINDS = (INTENSITY, MIND)

INTENSITY_RADIUS = 3
"""Radius of the neighbourhood that standardises an intensity, in voxels of the finest axis."""

MIND_RADIUS = 1
"""Voxels from the centre of MIND's own patches to their border, along the finest axis."""

MIND_DISTANCE = 2
"""Voxels from a voxel to the six neighbours whose patches MIND compares, along the finest axis."""

LEVELS = 5
"""Steps of a MIND channel: with twelve channels a descriptor has 60 bits."""

_STEPS = 31.0
"""Steps of a standardised intensity for each standard deviation."""

_AT_ONCE = 1 << 20
"""Voxels of a slab."""

_WIDEST = 4.0
"""Standardised intensities are cut at this many standard deviations, because 8 · 31 steps fit into a byte."""


def in_voxels(length: int, spacing: Sequence[float], shape: Sequence[int], least: int = 0) -> Triple:
    """The same length in millimetres along each axis, in voxels: that of ``length`` voxels of the finest axis.

    Args:
        length: in voxels of the finest axis.
        spacing: millimetres between voxels, (z, y, x).
        shape: of the image, (z, y, x); an axis with a single voxel has no length.
        least: smallest number of voxels along each of the other axes.
    """
    finest = min(side for side, size in zip(spacing, shape, strict=True) if size > 1 or max(shape) == 1)
    z, y, x = (
        max(least, round(length * finest / side)) if size > 1 else 0 for side, size in zip(spacing, shape, strict=True)
    )
    return z, y, x


@dataclass(frozen=True)
class Features:
    """A kind of features, for images of one spacing.

    Attributes:
        name: the name that users give.
        of: computes the features from an image of shape (z, y, x) and its scale; they have the same shape.
        scale: computes the scale of an image's intensities.
        unlikeness: compares two arrays of features voxel by voxel, uint8.
        in_sense_of: makes an atlas' features comparable with the target's, both of shape (C, z, y, x).
        reach: how far around a voxel its features depend on other voxels, (z, y, x).
    """

    name: str
    of: Callable[[np.ndarray, float], np.ndarray]
    scale: Callable[[np.ndarray], float]
    unlikeness: Callable[[np.ndarray, np.ndarray], np.ndarray]
    in_sense_of: Callable[[np.ndarray, np.ndarray], np.ndarray]
    reach: Triple

    def around(self, channel: np.ndarray, box: Box, margin: Triple) -> np.ndarray:
        """Features in a box of an image and in a margin around it; voxels beyond the image repeat its border.

        Memory holds the box, and what is needed to work on one slab of it.

        Args:
            channel: of the image, shape (z, y, x).
            box: of the image.
            margin: extra voxels on each side.
        """
        wider = [more + reach for more, reach in zip(margin, self.reach, strict=True)]
        sides = [slice(side.start - more, side.stop + more) for side, more in zip(box, wider, strict=True)]
        inside = tuple(slice(max(side.start, 0), side.stop) for side in sides)
        beyond = [
            (max(-side.start, 0), max(side.stop - size, 0)) for side, size in zip(sides, channel.shape, strict=True)
        ]
        image = np.pad(channel[inside], beyond, mode="edge")
        scale, depth = self.scale(image), self.reach[0]
        planes = max(1, _AT_ONCE // image[0].size)
        slabs = (
            self.of(image[start : start + planes + 2 * depth], scale)[self._inner]
            for start in range(0, len(image) - 2 * depth, planes)
        )
        return np.concatenate(list(slabs))

    @property
    def _inner(self) -> Box:
        z, y, x = (slice(reach, -reach or None) for reach in self.reach)
        return z, y, x


def features_named(name: str, spacing: Sequence[float], shape: Sequence[int]) -> Features:
    """Features by name, for images of a spacing and shape, both (z, y, x)."""
    if name == INTENSITY:
        radius = in_voxels(INTENSITY_RADIUS, spacing, shape, least=1)
        return Features(name, partial(standardised, radius=radius), _deviation, differing_steps, turned, radius)
    radius = in_voxels(MIND_RADIUS, spacing, shape, least=1)
    distance = in_voxels(MIND_DISTANCE, spacing, shape, least=1)
    z, y, x = (one + other for one, other in zip(radius, distance, strict=True))
    of = partial(mind, radius=radius, distance=distance)
    return Features(name, of, _step, differing_bits, lambda _, atlas: atlas, (z, y, x))


def standardised(image: np.ndarray, scale: float, radius: Triple) -> np.ndarray:
    """Intensities minus their local mean, divided by their local standard deviation, in steps of 1/31, int16.

    Args:
        image: shape (z, y, x).
        scale: standard deviation of the whole image; 1/50 of it is added to the local one, so that noise in flat
            regions is not amplified too much.
        radius: of the neighbourhood, in voxels.
    """
    from scipy import ndimage  # noqa: PLC0415 (--help needs none of it)

    size = [2 * reach + 1 for reach in radius]
    image = image.astype(np.float32)
    centred = image - image.mean()
    mean = ndimage.uniform_filter(centred, size, mode="nearest")
    variance = ndimage.uniform_filter(centred * centred, size, mode="nearest") - mean * mean
    deviation = np.sqrt(np.maximum(variance, 0)) + np.float32(0.02 * scale) + np.finfo(np.float32).tiny
    scaled = np.clip((centred - mean) / deviation, -_WIDEST, _WIDEST)
    return np.rint(_STEPS * scaled).astype(np.int16)


def mind(image: np.ndarray, scale: float, radius: Triple, distance: Triple) -> np.ndarray:
    """MIND-SSC descriptors as bits, uint64: the more bits differ, the more unlike two images are.

    A channel is exp(−d / v), for one pair of a voxel's neighbours that are neighbours of each other. d is the squared
    difference of the patches around the two, minus the least of all pairs. v is the mean of all pairs. A channel is
    kept as a thermometer of :data:`LEVELS` bits. So the number of differing bits is the sum of absolute differences.

    Args:
        image: shape (z, y, x).
        scale: mean squared difference of neighbours in the whole image: v is at least a thousandth of it.
        radius: of the patches, in voxels.
        distance: from the voxel to its six neighbours, in voxels; 0 leaves an axis out.
    """
    image = image.astype(np.float32)
    neighbours = [
        tuple(sign * step if axis == along else 0 for along in range(3))
        for axis, step in enumerate(distance)
        if step
        for sign in (-1, 1)
    ]
    padded = np.pad(image, [(step, step) for step in distance], mode="edge")
    around = {
        shift: padded[
            tuple(
                slice(step + by, step + by + side) for step, by, side in zip(distance, shift, image.shape, strict=True)
            )
        ]
        for shift in neighbours
    }
    from scipy import ndimage  # noqa: PLC0415 (--help needs none of it)

    size = [2 * reach + 1 for reach in radius]
    pairs = [(a, b) for a, b in itertools.combinations(neighbours, 2) if any(x + y for x, y in zip(a, b, strict=True))]
    channels = [ndimage.uniform_filter((around[a] - around[b]) ** 2, size, mode="nearest") for a, b in pairs]
    least = np.minimum.reduce(channels)
    variance = np.add.reduce(channels) / np.float32(len(channels)) - least
    variance = np.maximum(variance, np.float32(1e-3 * scale)) + np.finfo(np.float32).tiny
    bits = np.zeros(image.shape, np.uint64)
    for channel in channels:
        channel -= least  # noqa: PLW2901 (in place)
        channel /= variance  # noqa: PLW2901 (in place)
        for level in range(1, LEVELS + 1):  # exp(−d / v) reaches level / 6
            bits <<= np.uint64(1)
            bits |= channel <= np.float32(-np.log(level / (LEVELS + 1)))
    return bits


def differing_bits(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How many bits of two arrays of uint64 differ, voxel by voxel, uint8."""
    return _ones(np.bitwise_xor(one, other))


def differing_steps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Absolute difference of two arrays of int16, voxel by voxel, uint8."""
    difference = np.subtract(one, other)
    return np.abs(difference, out=difference).astype(np.uint8)


def turned(target: np.ndarray, atlas: np.ndarray) -> np.ndarray:
    """Standardised intensities of an atlas, negated in the channels in which they run against the target's.

    So an atlas may be dark where the target is bright, as T1 and T2 are in the brain.

    Args:
        target: shape (C, z, y, x), int16.
        atlas: of the same shape.
    """
    common = np.einsum("czyx,czyx->c", target, atlas, dtype=np.int64)
    return np.where(common < 0, np.int16(-1), np.int16(1))[:, np.newaxis, np.newaxis, np.newaxis] * atlas


def _deviation(image: np.ndarray) -> float:
    return float(image.std(dtype=np.float64))


def _step(image: np.ndarray) -> float:
    return float(np.square(np.diff(image.astype(np.float32), axis=-1)).mean(dtype=np.float64))


def _ones_by_table(values: np.ndarray) -> np.ndarray:
    quarters = values.view(np.uint16).reshape(*values.shape, 4)
    return _ones_of_16_bits()[quarters].sum(axis=-1, dtype=np.uint8)


@cache
def _ones_of_16_bits() -> np.ndarray:
    """How many bits of each 16-bit number are 1, shape (65536,), uint8; made where it is first needed."""
    return np.array([bin(value).count("1") for value in range(1 << 16)], np.uint8)


_ones = getattr(np, "bitwise_count", _ones_by_table)  # NumPy 2 counts bits itself
