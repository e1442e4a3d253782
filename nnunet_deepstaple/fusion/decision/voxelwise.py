"""Majority voting voxel by voxel, for images with nearly as many patterns of votes as voxels.

Collapsing votes to patterns (:mod:`.votes`) saves work where many voxels have the same pattern. Many candidates with
many labels and rough borders have millions of patterns. Then it is quicker to count the votes of each voxel. Only the
voxels on which candidates differ are counted, a few planes at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ...files.boxes import Box, as_3d, foreground_box, intersection, is_empty, relative, union
from ...files.label_values import present_labels
from .image_shares import NOTHING

_CELLS = 1 << 17
"""Pairs of a voxel and a label whose votes are counted at once, so that the counts fit in a cache."""

_SLAB = 1 << 18
"""About so many voxels are processed together."""


@dataclass(frozen=True)
class MajorityLabels:
    """The majority's label in each voxel of an image.

    Attributes:
        values: label value, shape of the image.
        winners: its share of the votes, shape of the image, float32.
        silent: where all abstain, shape of the image, bool; the label there is background.
        shown: foreground values that each candidate has.
    """

    values: np.ndarray
    winners: np.ndarray
    silent: np.ndarray
    shown: list[set[int]]

    @property
    def voxels(self) -> dict[int, int]:
        """Voxels of each label value that occurs, by ascending value."""
        return {label: int(count) for label, count in enumerate(np.bincount(self.values.ravel())) if count}

    def label_map(self) -> np.ndarray:
        """Label values, shape of the image."""
        return self.values

    def certainty(self) -> np.ndarray:
        """Share of the winning label, float32, shape of the image."""
        return self.winners

    def ignore_below(self, below: float, label: int) -> "MajorityLabels":
        """The same, with ``label`` where the winner's share is below ``below``."""
        return self._with(self.winners < below - NOTHING, label)

    def where_nobody_votes(self, label: int) -> "MajorityLabels":
        """The same with ``label`` where all abstain."""
        return self._with(self.silent, label)

    def _with(self, where: np.ndarray, label: int) -> "MajorityLabels":
        kind = np.promote_types(self.values.dtype, np.min_scalar_type(label))
        return replace(self, values=np.where(where, kind.type(label), self.values))


def majority_of_voxels(label_maps: Iterable[np.ndarray], ignored: int | None = None) -> MajorityLabels:
    """Count the votes of each voxel; a tie goes to the smallest label.

    Memory is that of the candidates' foreground boxes.

    Args:
        label_maps: one array per candidate, all of one shape (z, y, x) or (y, x), uint8 or uint16. Each one is read
            before the next is requested.
        ignored: label value by which a candidate abstains; None for none.
    """
    boxes: list[Box] = []
    crops: list[np.ndarray] = []
    shown: list[set[int]] = []
    shape: tuple[int, ...] = ()
    for labels in label_maps:
        shape = labels.shape
        volume = labels.reshape(as_3d(shape))
        boxes.append(foreground_box(volume))
        crops.append(volume[boxes[-1]].copy())
        shown.append(set(present_labels(crops[-1]).tolist()) - {0})
    shown = [found - {ignored} for found in shown]
    largest = max(int(crop.max(initial=0)) for crop in crops)
    kind = np.min_scalar_type(largest)
    abstains = ignored if ignored is not None and ignored <= largest else None
    values = np.zeros(as_3d(shape), kind)
    winners = np.ones(values.shape, np.float32)
    silent = np.zeros(values.shape, bool)
    whole = boxes[0]
    for box in boxes[1:]:
        whole = union(whole, box)
    for slab in _slabs(whole):
        votes = np.zeros((len(crops), *(side.stop - side.start for side in slab)), kind)
        for one, box, crop in zip(votes, boxes, crops, strict=True):
            common = intersection(box, slab)
            if not is_empty(common):
                one[relative(common, slab)] = crop[relative(common, box)]
        counted = _counted(votes.reshape(len(crops), -1), abstains)
        for target, found in zip((values, winners, silent), counted, strict=True):
            target[slab] = found.reshape(votes.shape[1:])
    return MajorityLabels(values.reshape(shape), winners.reshape(shape), silent.reshape(shape), shown)


def _counted(votes: np.ndarray, ignored: int | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Winning value of each voxel, its share, and where all abstain.

    Args:
        votes: label values, shape (K, N).
        ignored: the value that is no vote; None for none.
    """
    winners, silent = votes[0].copy(), np.zeros(votes.shape[1], bool)
    shares = np.ones(votes.shape[1], np.float32)
    if ignored is not None:
        silent = winners == ignored
    disputed = np.flatnonzero((votes != votes[0]).any(axis=0))
    if ignored is not None:
        silent[disputed] = False
        winners[silent] = 0
    votes = np.take(votes, disputed, axis=1)
    speaking = np.full(len(disputed), len(votes))
    if ignored is not None:
        speaking -= np.count_nonzero(votes == ignored, axis=0)
    winner, count = _absolute_majority(votes)
    open_ = 2 * count <= len(votes)
    if ignored is not None:
        open_ |= winner == ignored
    rest = np.flatnonzero(open_)
    winner[rest], count[rest] = _plurality(np.take(votes, rest, axis=1), ignored)
    winners[disputed], shares[disputed] = winner, count / speaking
    return winners, shares, silent


def _absolute_majority(votes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The only value that more than half of the votes can have, and how many have it.

    A vote for the leading value and a vote for another value cancel each other. The value that is left leads (Boyer and
    Moore, "MJRTY: a fast majority vote algorithm", 1991).

    Args:
        votes: label values, shape (K, N).
    """
    leading = votes[0].copy()
    left = np.ones(leading.shape, np.uint16)
    for one in votes[1:]:
        np.copyto(leading, one, where=left == 0)
        same = one == leading
        left += same
        left -= ~same
    count = np.zeros(leading.shape, np.uint16)
    for one in votes:
        count += one == leading
    return leading, count


def _plurality(votes: np.ndarray, ignored: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The value with the most votes (the smallest one if several tie), and how many votes it has.

    Args:
        votes: label values, shape (K, N).
        ignored: the value that is no vote; None for none.
    """
    present = present_labels(votes)
    index = np.zeros(int(present[-1]) + 1, np.intp)
    index[present] = np.arange(len(present))
    winners, most = np.zeros(votes.shape[1], votes.dtype), np.zeros(votes.shape[1], np.uint16)
    step = max(_CELLS // len(present), 1)
    for start in range(0, votes.shape[1], step):
        chunk = votes[:, start : start + step]
        cells = index[chunk] + len(present) * np.arange(chunk.shape[1])
        counts = np.bincount(cells.ravel(), minlength=len(present) * chunk.shape[1]).reshape(-1, len(present))
        if ignored in present:
            counts[:, index[ignored]] = 0
        best = counts.argmax(axis=1)
        winners[start : start + step] = present[best]
        most[start : start + step] = counts[np.arange(len(best)), best]
    return winners, most


def _slabs(box: Box) -> Iterator[Box]:
    """Parts of a box, some planes each."""
    z, y, x = box
    planes = max(_SLAB // max((y.stop - y.start) * (x.stop - x.start), 1), 1)
    for start in range(z.start, z.stop, planes):
        yield slice(start, min(start + planes, z.stop)), y, x
