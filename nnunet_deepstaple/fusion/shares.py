"""What each label has of the votes, voxel by voxel: where voters are unsure, or neighbours count, patterns do not do.

Voters who give each voxel one label are kept as patterns (:mod:`.votes`); here each pattern's shares are painted, soft
voters' are added, and all are smoothed. That is done for one label at a time, inside the label's own bounding box, so
that memory is that of a few such boxes, however many labels there are.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from ..files.soft_labels import CERTAIN, SoftLabels
from .votes import Box, Votes, as_3d, foreground_box

TRUNCATE = 3.0
"""Standard deviations at which the smoothing kernel ends."""


@dataclass(frozen=True)
class Share:
    """What one label has of the votes inside a box; outside it has nothing.

    Attributes:
        index: of the label.
        box: slices of the image, (z, y, x).
        given: what voters gave it in each voxel, shape of the box, float32.
        smoothed: the same after smoothing.
    """

    index: int
    box: Box
    given: np.ndarray
    smoothed: np.ndarray


@dataclass(frozen=True)
class Shares:
    """Shares of all labels in an image.

    Attributes:
        votes: of those who give each voxel one label; others add to what they vote for.
        of_patterns: what each label has of those votes, shape (P, L).
        soft: further voters, each with its weight; a label that no pattern shows is not voted for.
        deviation: of the Gaussian that smooths the shares, in voxels along (z, y, x); 0 for none.
    """

    votes: Votes
    of_patterns: np.ndarray
    soft: Sequence[tuple[float, SoftLabels]] = ()
    deviation: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def of_labels(self) -> Iterator[Share]:
        """Share of each foreground label, in the order of their indices."""
        yield from (self.of_label(index) for index in range(1, len(self.votes.labels)))

    def of_label(self, index: int) -> Share:
        """Share of one foreground label.

        Soft voters count inside the box of all foreground that somebody gave, and a smoothing kernel around it.
        """
        given, box = self._painted(index)
        for weight, soft in self.soft:
            for one in soft.labels:
                if one.label == self.votes.labels[index]:
                    _add(given, box, weight / CERTAIN * one.shares.astype(np.float32), _box_3d(one.box))
        return Share(index, box, given, self._smoothed(given, box))

    def _painted(self, index: int) -> tuple[np.ndarray, Box]:
        """What the patterns give a label, and the box in which anybody may give it anything, a kernel around it."""
        votes, shape = self.votes, as_3d(self.votes.shape)
        voted = foreground_box((votes.patterns == index).any(axis=1)[votes.codes])
        inside = [slice(v.start + b.start, v.stop + b.start) for v, b in zip(voted, votes.box, strict=True)]
        boxes = [*([inside] if _is_full(inside) else []), *self._soft_boxes(index)]
        sides = []
        for axis, (length, sigma) in enumerate(zip(shape, self.deviation, strict=True)):
            start, stop = (pick(getattr(box[axis], end) for box in boxes) for pick, end in ((min, "start"), (max, "stop"))) if boxes else (0, 0)
            sides.append(slice(max(start - _radius(sigma), 0), min(stop + _radius(sigma), length)))
        ...
