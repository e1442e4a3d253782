"""The consensus of one image: its labels, and how sure they are."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from ...files.boxes import Box, as_3d, relative
from ..votes.shares import Shares
from ..votes.votes import VoteMap
from .argmax import TIE
from .consensus import Consensus
from .expected_dice import threshold
from .image_shares import NOTHING, ImageShares, LabelShare


class LabelCertainty(Protocol):
    """What is written of every image: the labels, and how sure they are."""

    @property
    def voxels(self) -> dict[int, int]:
        """Voxels of each label value that occurs, by ascending value."""

    def label_map(self) -> np.ndarray:
        """Label values in the smallest unsigned type, shape of the image."""

    def certainty(self) -> np.ndarray:
        """Share (or probability) of the winning label, float32, shape of the image."""


class DecidedLabels(LabelCertainty, Protocol):
    """What is written of an image."""

    def probability(self, index: int) -> np.ndarray:
        """Share (or probability) of one label of the votes, float32, shape of the image."""

    def ignore_below(self, below: float, label: int) -> "DecidedLabels":
        """The same, with ``label`` where the winner's share is below ``below``."""

    def where_nobody_votes(self, patterns: np.ndarray, label: int) -> "DecidedLabels":
        """The same, with ``label`` in all voxels that have one of the ``patterns``, shape (P,), bool."""


@dataclass(frozen=True)
class PatternLabels:
    """A consensus in which the label of a voxel depends only on its pattern.

    Attributes:
        votes: the patterns.
        values: label value of each, shape (P,).
        winners: share of the winning label of each, shape (P,).
        shares: of each label in each.
    """

    votes: VoteMap
    values: np.ndarray
    winners: np.ndarray
    shares: Shares

    @classmethod
    def of(cls, votes: VoteMap, consensus: Consensus) -> "PatternLabels":
        """What a rule answered."""
        winners = consensus.shares.of_labels(consensus.labels)
        return cls(votes, votes.labels[consensus.labels], winners, consensus.shares)

    @property
    def voxels(self) -> dict[int, int]:
        return _counted(np.bincount(self.values, weights=self.votes.counts))

    def label_map(self) -> np.ndarray:
        return self.votes.paint(_smallest(self.values))

    def certainty(self) -> np.ndarray:
        return self.votes.paint(self.winners.astype(np.float32))

    def probability(self, index: int) -> np.ndarray:
        return self.votes.paint(self.shares.of_label(index).astype(np.float32))

    def ignore_below(self, below: float, label: int) -> "PatternLabels":
        return self.where_nobody_votes(self.winners < below - TIE, label)

    def where_nobody_votes(self, patterns: np.ndarray, label: int) -> "PatternLabels":
        return replace(self, values=np.where(patterns, np.uint16(label), self.values))


@dataclass(frozen=True)
class VoxelLabels:
    """A consensus that differs from voxel to voxel inside a box; outside, it is background with certainty.

    Attributes:
        shares: the shares that decided it.
        decided: index of the label that won each voxel of the shares' box, the smallest unsigned type.
        values: label value of each, which may also say that nothing was decided; the smallest unsigned type.
    """

    shares: ImageShares
    decided: np.ndarray
    values: np.ndarray

    @cached_property
    def winners(self) -> np.ndarray:
        """Share of the winning label in each voxel of the box, float32."""
        winners = np.zeros(self.decided.shape, np.float32)
        for slab in self.shares.slabs():
            planes = relative(slab, self.shares.box)
            background, decided, won = np.ones(winners[planes].shape, np.float32), self.decided[planes], winners[planes]
            for share in self.shares.of_labels(slab):
                inside = relative(share.box, slab)
                background[inside] -= share.smoothed
                np.copyto(won[inside], share.smoothed, where=decided[inside] == share.index)
            np.copyto(won, background, where=decided == 0)
        return np.minimum(winners, 1)

    @property
    def voxels(self) -> dict[int, int]:
        counts = np.zeros(int(self.values.max(initial=0)) + 1, np.int64)
        for plane in self.values:
            counts += np.bincount(plane.ravel(), minlength=len(counts))
        counts[0] += np.prod(self.shares.votes.shape) - self.values.size
        return _counted(counts)

    def label_map(self) -> np.ndarray:
        values = _smallest(self.values)
        return self._placed(self.shares.box, values, np.zeros((), values.dtype))

    def certainty(self) -> np.ndarray:
        return self._placed(self.shares.box, self.winners, np.ones((), np.float32))

    def probability(self, index: int) -> np.ndarray:
        of_label = (np.zeros if index else np.ones)(as_3d(self.shares.votes.shape), np.float32)
        if index:
            for share in self.shares.of_label(index):
                of_label[share.box] = share.smoothed
        else:
            for slab in self.shares.slabs():
                for share in self.shares.of_labels(slab):
                    of_label[share.box] -= share.smoothed
        return of_label.reshape(self.shares.votes.shape)

    def ignore_below(self, below: float, label: int) -> "VoxelLabels":
        return self._with(self.winners < below - NOTHING, label)

    def where_nobody_votes(self, patterns: np.ndarray, label: int) -> "VoxelLabels":
        votes = self.shares.votes
        nobody = np.zeros(self.values.shape, bool)
        nobody[relative(votes.box, self.shares.box)] = patterns[votes.codes]
        return self._with(nobody, label)

    def _with(self, where: np.ndarray, label: int) -> "VoxelLabels":
        return replace(self, values=np.where(where, np.min_scalar_type(label).type(label), self.values))

    def _placed(self, box: Box, inside: np.ndarray, outside: np.ndarray) -> np.ndarray:
        image = np.full(as_3d(self.shares.votes.shape), outside)
        image[box] = inside
        return image.reshape(self.shares.votes.shape)


def decide_voxels(shares: ImageShares, consensus: Consensus) -> VoxelLabels:
    """Decide each voxel by its shares, as the rule decided its pattern: by the largest share, or by expected Dice.

    A label can win a voxel only if some voter gave it to that voxel. So smoothing moves borders only where voters
    differ, and it makes no new label. A tie goes to the label that the rule gave to the pattern, and then to the
    smallest label.

    Args:
        shares: of the labels.
        consensus: the rule's answer for the patterns.
    """
    votes = shares.votes
    kind = np.min_scalar_type(len(votes.labels))
    decided = np.zeros([side.stop - side.start for side in shares.box], kind)
    decided[relative(votes.box, shares.box)] = consensus.labels.astype(kind)[votes.codes]
    least = _thresholds(shares) if consensus.by_dice else None
    for slab in shares.slabs():
        planes = relative(slab, shares.box)
        decided[planes] = _decided(shares.of_labels(slab), slab, decided[planes], least)
    return VoxelLabels(shares, decided, _smallest(votes.labels)[decided])


def _decided(labels: Iterable[LabelShare], slab: Box, by_rule: np.ndarray, least: np.ndarray | None) -> np.ndarray:
    """Index of the label that wins each voxel of a part of the image.

    Args:
        labels: shares of the labels there.
        slab: the part.
        by_rule: index of the label that the rule gave to each voxel's pattern, shape of the part.
        least: share that each label needs, by expected Dice, shape (L,); None where the largest share wins.
    """
    winners, best = np.zeros(by_rule.shape, by_rule.dtype), np.zeros(by_rule.shape, np.float32)
    background, given = np.ones((2, *by_rule.shape), np.float32)
    for share in labels:
        inside = relative(share.box, slab)
        background[inside] -= share.smoothed
        given[inside] -= share.given
        smoothed = np.where(share.given > NOTHING, share.smoothed, 0)
        if least is not None:
            smoothed[smoothed < least[share.index] - NOTHING] = 0
        np.add(smoothed, np.float32(NOTHING), out=smoothed, where=by_rule[inside] == share.index)
        better = smoothed > best[inside] + np.float32(NOTHING / 2)
        np.copyto(best[inside], smoothed, where=better)
        np.copyto(winners[inside], share.index, where=better, casting="unsafe")
    # By the largest share, background wins only if some voter gave it. By Dice, it gets each voxel that no label gets.
    if least is not None:
        lost = best <= NOTHING
    else:
        np.add(background, np.float32(NOTHING), out=background, where=by_rule == 0)
        lost = (given > NOTHING) & (background >= best)
    np.copyto(winners, 0, where=lost)
    return winners


def _thresholds(shares: ImageShares) -> np.ndarray:
    """Least share of each label by expected Dice, from shares that are rounded to steps of 1/1000; shape (L,)."""
    counts = np.zeros((len(shares.votes.labels), 1001), np.int64)
    for slab in shares.slabs():
        for share in shares.of_labels(slab):
            steps = np.rint(np.clip(share.smoothed, 0, 1) * 1000).astype(np.uint16)
            counts[share.index] += np.bincount(steps.ravel(), minlength=1001)
    counts[:, 0] = 0
    return np.array([threshold(np.arange(1001) / 1000, one) if one.any() else 1.0 for one in counts])


def _counted(counts: np.ndarray) -> dict[int, int]:
    return {label: int(count) for label, count in enumerate(counts) if count}


def _smallest(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint8 if values.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16)
