"""Where a source differs from the consensus, as one small slice of each image."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from ..fusion.votes.means import mean

_SIDE = 96
"""Pixels of a sketch along its longer side, at most."""

_KEPT = 3
"""Images that are kept of each source."""


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
    planes = _differing(masks != consensus[:, np.newaxis], volume).argmax(axis=0) if volume.size else None
    step = max(-(-max(volume.shape[1:], default=1) // _SIDE), 1)
    stretch = spacing[-2] / spacing[-1]
    found = []
    for place, votes in enumerate(masks.T):
        plane = 0 if planes is None else int(planes[place])
        shown = volume[plane, ::step, ::step] if volume.size else np.zeros((0, 0), int)
        bits = np.packbits(votes[shown]), np.packbits(consensus[shown])
        found.append(Sketch(plane + first if codes.ndim == 3 else None, shown.shape, bits, stretch))
    return found


def _differing(different: np.ndarray, volume: np.ndarray) -> np.ndarray:
    """Voxels of each plane in which each source differs, shape (planes, K).

    Args:
        different: whether each source differs in each pattern, shape (P, K), bool.
        volume: pattern of each voxel, shape (z, y, x).
    """
    disputed: np.ndarray = np.any(different, axis=1)[volume]
    codes = volume[disputed]
    ends = np.append(0, disputed.sum(axis=(1, 2)).cumsum())
    per_plane = sparse.csr_array((np.ones(len(codes), np.float32), codes, ends), (len(volume), len(different)))
    differing: np.ndarray = per_plane @ different.astype(np.float32)
    return differing


class Differences:
    """The images in which each source falls behind most, at most three; the sketches of others are not kept.

    Args:
        sources: names of all sources.

    Attributes:
        found: by source, the worst image first.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self.found: dict[str, list[Difference]] = {source: [] for source in sources}

    def add(self, image: str, sources: Sequence[str], match: np.ndarray, sketches: Sequence[Sketch]) -> None:
        """Look at an image; its K sources are named in the order of their matches, shape (K,), and sketches."""
        behind = match - mean(match, 0)
        for source, value, sketch in zip(sources, behind.tolist(), sketches, strict=True):
            if np.isfinite(value):
                worst = self.found[source]
                bisect.insort(worst, Difference(image, value, sketch), key=lambda one: (one.behind, one.image))
                del worst[_KEPT:]
