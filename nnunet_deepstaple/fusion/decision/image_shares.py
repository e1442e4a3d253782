"""Shares of the labels in each voxel, for soft votes and for smoothing, where patterns are not enough.

Voters who give each voxel one label are kept as patterns (:mod:`.votes`). Here the shares of the patterns are painted,
the shares of soft voters are added, and the sums are smoothed. This is done for one label at a time, inside the label's
own bounding box. So memory holds only a few such boxes, for any number of labels.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...files.soft_labels import CERTAIN, SoftLabel, SoftLabels
from ..votes.boxes import Box, as_3d, foreground_box, grown, intersection, is_empty, moved, relative, union
from ..votes.local_shares import LocalShares
from ..votes.votes import VoteMap

NOTHING = 1e-6
"""Shares up to this count as zero, and shares that differ by no more are equal: they are sums of float32."""

_TRUNCATE = 3.0
"""Standard deviations at which the smoothing kernel ends."""


@dataclass(frozen=True)
class LabelShare:
    """Shares of one label inside a box; outside the box they are zero.

    Attributes:
        index: of the label.
        box: slices of the image, (z, y, x).
        given: share that voters gave the label in each voxel, shape of the box, float32.
        smoothed: the same after smoothing.
    """

    index: int
    box: Box
    given: np.ndarray
    smoothed: np.ndarray


@dataclass(frozen=True)
class ImageShares:
    """Shares of all labels in an image.

    Attributes:
        votes: of the voters that give each voxel one label.
        of_patterns: share of each label in each pattern, shape (P, L).
        soft: further voters, each with its part of the vote. They count only inside the bounding box of the foreground
            of all label maps, and only for labels that some label map shows.
        local: shares of voxels in which voters have other weights than in the rest of the image. They replace the
            shares of the patterns there. None where there are no such voxels.
        deviation: standard deviation of the Gaussian that smooths the shares, in voxels along (z, y, x); 0 for none.
    """

    votes: VoteMap
    of_patterns: np.ndarray
    soft: Sequence[tuple[float, SoftLabels]] = ()
    deviation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    local: LocalShares | None = None

    @property
    def box(self) -> Box:
        """Box of all foreground, with a margin as wide as the smoothing kernel reaches."""
        return self._grown(self.votes.box)

    def of_labels(self) -> Iterator[LabelShare]:
        """Share of each foreground label, in the order of their indices."""
        return (self.of_label(index) for index in range(1, len(self.votes.labels)))

    def of_label(self, index: int) -> LabelShare:
        """Share of one foreground label."""
        votes = self.votes
        soft = list(self._soft(int(votes.labels[index])))
        inner, by_label_maps = self._by_label_maps(index)
        box = inner
        for _, one in soft:
            box = union(box, intersection(_box_3d(one.box), votes.box))
        box = self._grown(box) if not is_empty(box) else (slice(0, 0),) * 3
        given = np.zeros([side.stop - side.start for side in box], np.float32)
        given[relative(inner, box)] = by_label_maps
        for weight, one in soft:
            common = intersection(box, _box_3d(one.box))
            shares = one.shares.reshape(as_3d(one.shares.shape))[relative(common, _box_3d(one.box))]
            given[relative(common, box)] += np.float32(weight / CERTAIN) * shares
        return LabelShare(index, box, given, self._smoothed(given, box))

    def _by_label_maps(self, index: int) -> tuple[Box, np.ndarray]:
        """Shares of a label by the voters with a label map: the box in which they give it, and the shares there."""
        votes = self.votes
        column = self.of_patterns[:, index].astype(np.float32)
        column[0] = 0  # where all vote for background
        if self.local is None:
            within = foreground_box((column > NOTHING)[votes.codes])
            return moved(within, votes.box), column[votes.codes[within]]
        given = column[votes.codes]
        self.local.put(index, given)
        within = foreground_box(given > NOTHING)
        return moved(within, votes.box), given[within]

    def _soft(self, label: int) -> Iterator[tuple[float, SoftLabel]]:
        return ((weight, one) for weight, soft in self.soft for one in soft.labels if one.label == label and weight)

    def _grown(self, box: Box) -> Box:
        z, y, x = (_radius(sigma) for sigma in self.deviation)
        return grown(box, (z, y, x), as_3d(self.votes.shape))

    def _smoothed(self, given: np.ndarray, box: Box) -> np.ndarray:
        """Smooth with a kernel that ends at the image's border; its weights inside the image sum to one."""
        smoothed = given
        for axis, (sigma, side, length) in enumerate(zip(self.deviation, box, as_3d(self.votes.shape), strict=True)):
            if _radius(sigma):
                inside = _filtered(np.ones(length, np.float32), sigma)[side]
                along = _filtered(np.moveaxis(smoothed, axis, 0), sigma)
                along /= inside[:, np.newaxis, np.newaxis]
                smoothed = np.moveaxis(along, 0, axis)
        return smoothed


def _radius(sigma: float) -> int:
    """Voxels that a kernel reaches."""
    return int(_TRUNCATE * sigma + 0.5)


def _filtered(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian filter along the first axis, with zeros beyond its ends."""
    steps = np.arange(_radius(sigma) + 1)
    kernel = np.exp(-0.5 * (steps / sigma) ** 2)
    kernel /= kernel[0] + 2 * kernel[1:].sum()
    centre, *sides = kernel.astype(values.dtype)
    filtered = centre * values
    weighted = np.empty_like(values)
    for step, weight in zip(steps[1:], sides, strict=True):
        np.multiply(values, weight, out=weighted)
        filtered[step:] += weighted[:-step]
        filtered[:-step] += weighted[step:]
    return filtered


def _box_3d(box: tuple[slice, ...]) -> Box:
    z, y, x = (slice(0, 1),) * (3 - len(box)) + box
    return z, y, x
