"""Where a source differs from the consensus, as one small slice of each image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_SIDE = 96
"""Pixels of a sketch along its longer side, at most."""


@dataclass(frozen=True)
class Sketch:
    """The slice in which a source differs most from the consensus.

    Attributes:
        plane: its number along the first axis of the image; None where the image is flat.
        shape: rows and columns.
        bits: the foreground of the source and of the consensus, packed, so that many can be kept.
        stretch: height of a pixel / its width.
    """

    plane: int | None
    shape: tuple[int, int]
    bits: tuple[np.ndarray, np.ndarray]
    stretch: float

    @property
    def masks(self) -> tuple[np.ndarray, np.ndarray]:
        """The foreground of the source and of the consensus, bool."""
        one, other = (
            np.unpackbits(some, count=self.shape[0] * self.shape[1]).reshape(self.shape).astype(bool)
            for some in self.bits
        )
        return one, other


@dataclass(frozen=True)
class Difference:
    """An image in which a source differs from the others more than elsewhere: its match less the mean match there."""

    image: str
    behind: float
    sketch: Sketch


def sketch_sources(
    masks: np.ndarray, consensus: np.ndarray, codes: np.ndarray, spacing: Sequence[float], first: int
) -> list[Sketch]:
    """Sketch each source.

    Args:
        masks: foreground of each source, shape (P, K), bool.
        consensus: foreground of the consensus, shape (P,), bool.
        codes: pattern of each voxel of the foreground's box, 2D or 3D.
        spacing: millimetres between voxels along each axis of ``codes``.
        first: number of the box's first plane in the image.
    """
    volume = codes.reshape((1,) * (3 - codes.ndim) + codes.shape)
    step = max(-(-max(volume.shape[1:], default=1) // _SIDE), 1)
    stretch = spacing[-2] / spacing[-1]
    found = []
    for votes in masks.T:
        differing = (votes != consensus)[volume].sum(axis=(1, 2))
        plane = int(differing.argmax()) if differing.size else 0
        shown = volume[plane, ::step, ::step] if volume.size else np.zeros((0, 0), int)
        bits = np.packbits(votes[shown]), np.packbits(consensus[shown])
        found.append(Sketch(plane + first if codes.ndim == 3 else None, shown.shape, bits, stretch))
    return found


def most_different(
    match: np.ndarray, images: Sequence[str], sources: Sequence[str], sketches: Mapping[str, Mapping[str, Sketch]]
) -> dict[str, list[Difference]]:
    """The images in which each source falls behind most, at most three.

    Args:
        match: of each source in each image, shape (N, K); NaN where there is none.
        images: names, of the rows.
        sources: names, of the columns.
        sketches: of each image and source.
    """
    known = np.isfinite(match)
    means = np.where(known, match, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    behind = np.where(known, match - means[:, np.newaxis], np.inf)
    return {
        source: [
            Difference(images[row], float(behind[row, column]), sketches[images[row]][source])
            for row in np.argsort(behind[:, column], kind="stable")[:3]
            if np.isfinite(behind[row, column])
        ]
        for column, source in enumerate(sources)
    }
