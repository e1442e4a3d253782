"""Shares of the labels in each voxel, for soft votes and for smoothing, where patterns are not enough.

Voters who give each voxel one label are kept as patterns (:mod:`.votes`). Here the shares of the patterns are painted,
the shares of soft voters are added, and the sums are smoothed. This is done for some planes at a time. There it is done
for one label at a time, inside the label's own bounding box. So memory holds only a few small boxes, for any number of
labels.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from ...files.boxes import Box, as_3d, foreground_box, grown, intersection, is_empty, moved, relative, union
from ...files.soft_labels import CERTAIN, SoftLabel, SoftLabels
from ..votes.local_shares import LocalShares
from ..votes.shares import Shares
from ..votes.votes import VoteMap

NOTHING = 1e-6
"""Shares up to this count as zero, and shares that differ by no more are equal: they are sums of float32."""

_TRUNCATE = 3.0
"""Standard deviations at which the smoothing kernel ends."""

_SLAB = 1 << 20
"""About so many voxels are processed together, but not fewer planes than follow, because their neighbours are too."""

_FEWEST_PLANES = 16

_FEW_LABELS = 6
"""Up to so many labels, background included, are looked up one by one: this is quicker than to sort their shares."""

_CHUNK = 1 << 16
"""Voxels whose shares are looked up at once, so that the work fits in a cache."""

_EMPTY: Box = (slice(0, 0), slice(0, 0), slice(0, 0))

_NOWHERE = (np.zeros(0, np.intp), np.zeros(0, np.float32))

Given = Mapping[int, tuple[np.ndarray, np.ndarray]]
"""For each label index, flat indices of some voxels and the label's share there."""


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
        of_patterns: share of each label in each pattern.
        soft: further voters, each with its part of the vote. They count only inside the bounding box of the foreground
            of all label maps, and only for labels that some label map shows.
        local: shares of voxels in which voters have other weights than in the rest of the image. They replace the
            shares of the patterns there. None where there are no such voxels.
        deviation: standard deviation of the Gaussian that smooths the shares, in voxels along (z, y, x); 0 for none.
    """

    votes: VoteMap
    of_patterns: Shares
    soft: Sequence[tuple[float, SoftLabels]] = ()
    deviation: tuple[float, float, float] = (0.0, 0.0, 0.0)
    local: LocalShares | None = None

    @property
    def box(self) -> Box:
        """Box of all foreground, with a margin as wide as the smoothing kernel reaches."""
        return self._grown(self.votes.box)

    def slabs(self) -> Iterator[Box]:
        """Parts of :attr:`box`, some planes each."""
        z, y, x = self.box
        planes = max(_SLAB // max((y.stop - y.start) * (x.stop - x.start), 1), _FEWEST_PLANES)
        for start in range(z.start, z.stop, planes):
            yield slice(start, min(start + planes, z.stop)), y, x

    def of_labels(self, slab: Box) -> Iterator[LabelShare]:
        """Share of each foreground label that occurs in a part of the image, in the order of their indices."""
        near = self._near(slab)
        few = range(1, self.votes.n_labels) if self.votes.n_labels <= _FEW_LABELS else ()
        columns = {index: self._column(index) for index in few}
        for index, inside, shares in self._looked_up(near, columns) if few else self._sorted(near):
            soft = list(self._soft(int(self.votes.labels[index])))
            if soft or not is_empty(inside):
                yield self._of_label(index, slab, inside, shares, soft)

    def of_label(self, index: int) -> Iterator[LabelShare]:
        """Share of one foreground label, in one part of the image after the other."""
        columns, soft = {index: self._column(index)}, list(self._soft(int(self.votes.labels[index])))
        for slab in self.slabs():
            for _, inside, shares in self._looked_up(self._near(slab), columns):
                yield self._of_label(index, slab, inside, shares, soft)

    def _of_label(
        self, index: int, slab: Box, inside: Box, shares: np.ndarray, soft: Sequence[tuple[float, SoftLabel]]
    ) -> LabelShare:
        """Share of a label in a slab, from its shares by the label maps in a box of the planes near the slab."""
        near = self._near(slab)
        box = inner = _EMPTY if is_empty(inside) else moved(inside, near)
        for _, one in soft:
            box = union(box, intersection(_box_3d(one.box), near))
        if is_empty(box):
            return LabelShare(index, _EMPTY, *np.zeros((2, 0, 0, 0), np.float32))
        box = self._grown(box)
        given = np.zeros(_shape_of(box), np.float32)
        given[relative(inner, box)] = shares
        for weight, one in soft:
            common = intersection(box, _box_3d(one.box))
            if not is_empty(common):
                share = one.shares.reshape(as_3d(one.shares.shape))[relative(common, _box_3d(one.box))]
                given[relative(common, box)] += np.float32(weight / CERTAIN) * share
        wanted = intersection(box, slab)
        return LabelShare(index, wanted, given[relative(wanted, box)], self._smoothed(given, box, wanted))

    def _near(self, slab: Box) -> Box:
        """Box of the voxels with votes that reach a slab."""
        return intersection(self._grown(slab), self.votes.box)

    def _codes(self, box: Box) -> np.ndarray:
        return self.votes.codes[relative(box, self.votes.box)]

    def _looked_up(self, near: Box, columns: Mapping[int, np.ndarray]) -> Iterator[tuple[int, Box, np.ndarray]]:
        """Shares of some labels by the voters with a label map, in planes of the votes' box.

        Args:
            near: the planes.
            columns: share of each label in each pattern, shape (P,), float32.

        Yields:
            Index of a label; a box in these planes, outside of which it has no share; and its shares in the box.
        """
        codes, voxels = self._codes(near), _flat_range(near, self.votes.box)
        for index, column in columns.items():
            shares = column[codes]
            if self.local is not None:
                self.local.paint(index, shares.reshape(-1), *voxels)
            inside = foreground_box(shares)
            yield index, inside, shares[inside]

    def _sorted(self, near: Box) -> Iterator[tuple[int, Box, np.ndarray]]:
        """As :meth:`_looked_up`, for all foreground labels, where they are many."""
        given: Given = dict(_by_label(self._codes(near).reshape(-1), self.of_patterns))
        if self.local is not None:
            given = self.local.instead(given, *_flat_range(near, self.votes.box))
        canvas = np.zeros(_shape_of(near), np.float32)
        for index in range(1, self.votes.n_labels):
            voxels, shares = given.get(index, _NOWHERE)
            canvas.reshape(-1)[voxels] = shares
            inside = _box_of(voxels, canvas.shape)
            yield index, inside, canvas[inside]
            canvas.reshape(-1)[voxels] = 0

    def _column(self, index: int) -> np.ndarray:
        """Share of a foreground label in each pattern, shape (P,), float32."""
        column = self.of_patterns.of_label(index)
        column[0] = 0  # where all vote for background
        return np.where(column > NOTHING, column, 0).astype(np.float32)

    def _soft(self, label: int) -> Iterator[tuple[float, SoftLabel]]:
        return ((weight, one) for weight, soft in self.soft for one in soft.labels if one.label == label and weight)

    def _grown(self, box: Box) -> Box:
        z, y, x = (_radius(sigma) for sigma in self.deviation)
        return grown(box, (z, y, x), as_3d(self.votes.shape))

    def _smoothed(self, given: np.ndarray, box: Box, wanted: Box) -> np.ndarray:
        """Smooth with a kernel that ends at the image's border; its weights inside the image sum to one.

        Only the part of the box that is wanted is given back. It reaches as far as the box along y and x.
        """
        smoothed = given
        for axis, (sigma, side, length) in enumerate(zip(self.deviation, box, as_3d(self.votes.shape), strict=True)):
            if axis == 1:
                smoothed = smoothed[relative(wanted, box)[0]]
            if _radius(sigma):
                along = _filtered(smoothed.swapaxes(0, axis), sigma)
                along /= _weight_inside(length, sigma)[side, np.newaxis, np.newaxis]
                smoothed = along.swapaxes(0, axis)
        return smoothed


def _by_label(codes: np.ndarray, shares: Shares) -> Iterator[tuple[int, tuple[np.ndarray, np.ndarray]]]:
    """Voxels in which each foreground label has a share, indices, and its shares there, float32.

    Args:
        codes: pattern of each voxel, shape (N,).
        shares: of the patterns.

    Yields:
        Label indices, ascending, each with its voxels and shares.
    """
    voxels, labels, values = _in_order_of_labels(codes, shares)
    stops = np.cumsum(np.bincount(labels, minlength=shares.n_labels)).tolist()
    for index, (start, stop) in enumerate(pairwise(stops), 1):
        some = start + np.flatnonzero(values[start:stop] > NOTHING)
        if some.size:
            yield index, (voxels[some], values[some].astype(np.float32))


def _in_order_of_labels(codes: np.ndarray, shares: Shares) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Voxel, label and value of each share of the foreground labels in some voxels; see :func:`_by_label`."""
    found = list(_numbers_of(shares, codes)) or [2 * (_NOWHERE[0],)]
    voxels, numbers = (np.concatenate(each) for each in zip(*found, strict=True))
    del found  # it is as large as what was made of it
    labels = shares.labels.take(numbers)
    order = np.argsort(labels, kind="stable")
    return voxels.take(order), labels, shares.values.take(numbers.take(order))


def _numbers_of(shares: Shares, codes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shares of the foreground labels in voxels with these patterns, shape (N,).

    Yields:
        Indices of voxels, none of them twice; and of each one share's number among the shares of the patterns.
    """
    firsts, stops = shares.first_foreground, shares.starts[1:]
    for start in range(0, len(codes), _CHUNK):
        some = codes[start : start + _CHUNK]
        voxels = np.flatnonzero(some != 0)  # where not all vote for background
        patterns = some[voxels].astype(np.intp)
        voxels += start
        numbers, ends = firsts.take(patterns), stops.take(patterns)
        while (left := np.flatnonzero(numbers < ends)).size:
            if len(left) < len(numbers):
                voxels, numbers, ends = voxels.take(left), numbers.take(left), ends.take(left)
            yield voxels, numbers
            numbers = numbers + 1


def _box_of(voxels: np.ndarray, shape: tuple[int, ...]) -> Box:
    """Bounding box of some voxels, flat indices in an array of a shape (z, y, x)."""
    if not voxels.size:
        return _EMPTY
    _, height, width = shape
    voxels = voxels.astype(np.min_scalar_type(-math.prod(shape)))  # small numbers are divided several times as fast
    rows = voxels // width
    planes = rows // height
    sides = planes, rows - planes * height, voxels - rows * width
    z, y, x = (slice(int(side.min()), int(side.max()) + 1) for side in sides)
    return z, y, x


def _shape_of(box: Box) -> tuple[int, int, int]:
    z, y, x = (side.stop - side.start for side in box)
    return z, y, x


def _flat_range(planes: Box, box: Box) -> tuple[int, int]:
    """First and one past the last of the flat indices, in a box, of some of its planes."""
    size = math.prod(side.stop - side.start for side in box[1:])
    return (planes[0].start - box[0].start) * size, (planes[0].stop - box[0].start) * size


def _radius(sigma: float) -> int:
    """Voxels that a kernel reaches."""
    return int(_TRUNCATE * sigma + 0.5)


@cache
def _weight_inside(length: int, sigma: float) -> np.ndarray:
    """Part of the kernel around each voxel of a line that lies inside the line, shape (length,)."""
    return _filtered(np.ones(length, np.float32), sigma)


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
