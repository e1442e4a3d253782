"""The consensus of one image: its labels, and how sure they are."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from ..votes.boxes import Box, as_3d, relative
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
        shares: of each label, shape (P, L).
    """

    votes: VoteMap
    values: np.ndarray
    winners: np.ndarray
    shares: np.ndarray

    @classmethod
    def of(cls, votes: VoteMap, consensus: Consensus) -> "PatternLabels":
        """What a rule answered."""
        winners = consensus.probabilities[np.arange(len(consensus.labels)), consensus.labels]
        return cls(votes, votes.labels[consensus.labels], winners, consensus.probabilities)

    @property
    def voxels(self) -> dict[int, int]:
        return _counted(np.bincount(self.values, weights=self.votes.counts))

    def label_map(self) -> np.ndarray:
        return self.votes.paint(_smallest(self.values))

    def certainty(self) -> np.ndarray:
        return self.votes.paint(self.winners.astype(np.float32))

    def probability(self, index: int) -> np.ndarray:
        return self.votes.paint(self.shares[:, index].astype(np.float32))

    def ignore_below(self, below: float, label: int) -> "PatternLabels":
        return self.where_nobody_votes(self.winners < below - TIE, label)

    def where_nobody_votes(self, patterns: np.ndarray, label: int) -> "PatternLabels":
        return replace(self, values=np.where(patterns, np.uint16(label), self.values))


@dataclass(frozen=True)
class VoxelLabels:
    """A consensus that differs from voxel to voxel inside a box; outside, it is background with certainty.

    Attributes:
        shares: the shares that decided it.
        values: label value of each voxel of the shares' box, uint16.
        winners: share of the winning label in each, float32.
    """

    shares: ImageShares
    values: np.ndarray
    winners: np.ndarray

    @property
    def voxels(self) -> dict[int, int]:
        counts = np.bincount(self.values.ravel(), minlength=1)
        counts[0] += np.prod(self.shares.votes.shape) - self.values.size
        return _counted(counts)

    def label_map(self) -> np.ndarray:
        values = _smallest(self.values)
        return self._placed(self.shares.box, values, np.zeros((), values.dtype))

    def certainty(self) -> np.ndarray:
        return self._placed(self.shares.box, self.winners, np.ones((), np.float32))

    def probability(self, index: int) -> np.ndarray:
        if index:
            share = self.shares.of_label(index)
            return self._placed(share.box, share.smoothed, np.zeros((), np.float32))
        background = np.ones(self.shares.votes.shape, np.float32)
        for share in self.shares.of_labels():
            background.reshape(as_3d(background.shape))[share.box] -= share.smoothed
        return background

    def ignore_below(self, below: float, label: int) -> "VoxelLabels":
        return replace(self, values=np.where(self.winners < below - NOTHING, np.uint16(label), self.values))

    def where_nobody_votes(self, patterns: np.ndarray, label: int) -> "VoxelLabels":
        votes, values = self.shares.votes, self.values.copy()
        values[relative(votes.box, self.shares.box)][patterns[votes.codes]] = label
        return replace(self, values=values)

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
    votes, box = shares.votes, shares.box
    shape = [side.stop - side.start for side in box]
    by_rule = np.zeros(shape, np.min_scalar_type(len(votes.labels)))
    by_rule[relative(votes.box, box)] = consensus.labels.astype(by_rule.dtype)[votes.codes]
    winners, best = np.zeros(shape, by_rule.dtype), np.zeros(shape, np.float32)
    background, given = np.ones((2, *shape), np.float32)
    for share in shares.of_labels():
        inside = relative(share.box, box)
        background[inside] -= share.smoothed
        given[inside] -= share.given
        smoothed = np.where(share.given > NOTHING, share.smoothed, 0)
        if consensus.by_dice:
            smoothed[smoothed < _threshold(share) - NOTHING] = 0
        np.add(smoothed, np.float32(NOTHING), out=smoothed, where=by_rule[inside] == share.index)
        better = smoothed > best[inside] + np.float32(NOTHING / 2)
        np.copyto(best[inside], smoothed, where=better)
        np.copyto(winners[inside], share.index, where=better, casting="unsafe")
    # By the largest share, background wins only if some voter gave it. By Dice, it gets each voxel that no label gets.
    if consensus.by_dice:
        lost = best <= NOTHING
    else:
        favoured = np.add(background, np.float32(NOTHING), out=background.copy(), where=by_rule == 0)
        lost = (given > NOTHING) & (favoured >= best)
    np.copyto(winners, 0, where=lost)
    np.copyto(best, background, where=lost)
    return VoxelLabels(shares, votes.labels[winners], np.minimum(best, 1))


def _threshold(share: LabelShare) -> float:
    """Least share by expected Dice, computed from shares that are rounded to steps of 1/1000."""
    steps = np.rint(np.clip(share.smoothed, 0, 1) * 1000).astype(np.uint16)
    counts = np.bincount(steps.ravel(), minlength=1001)
    counts[0] = 0
    return threshold(np.arange(1001) / 1000, counts) if counts.any() else 1.0


def _counted(counts: np.ndarray) -> dict[int, int]:
    return {label: int(count) for label, count in enumerate(counts) if count}


def _smallest(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint8 if values.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16)
