"""How sure a consensus is: turn shares of the vote into honest probabilities, without changing the labels."""

from dataclasses import dataclass, replace

import numpy as np

from ...files.boxes import relative
from ..votes.overlap import mean_dice, pairwise_dice
from ..votes.shares import Shares
from ..votes.votes import Votes
from .consensus import Consensus
from .image_shares import NOTHING, ImageShares
from .label_maps import PatternLabels, VoxelLabels

PEOPLE = 0.86
"""About the Dice of two people who outline the same object (docs/results.md)."""

LEAST = 0.4
"""Smallest exponent: voters that overlap almost completely still count this much (docs/results.md)."""

SMOOTHED = 1.25
"""Largest exponent of smoothed shares: neighbours that say the same make a share surer than it looks
(docs/results.md)."""

DRAWN = 0.85
"""Odds of foreground to background are multiplied by this: where voters differ, more is drawn than is there
(docs/results.md)."""


def overlap_of(votes: Votes, consensus: Consensus) -> float:
    """Mean Dice of an image's pairs of voters, also of those that the rule rejected; NaN where one has all the weight.

    Args:
        votes: of the image.
        consensus: of a rule with weights.
    """
    weights = consensus.weights if consensus.of_all is None else consensus.of_all
    return np.nan if weights is None else mean_dice(pairwise_dice(votes), weights, consensus.dependence)


def exponent_of(overlap: float, largest: float = 1.0, of_images: float = np.nan) -> float:
    """Exponent that turns shares into probabilities.

    Shares are evidence, and it counts as far as voters err independently. Voters that overlap no more than two people
    do err independently. Their shares are already probabilities. Voters that overlap more, such as networks that
    learned from the same images, also share errors, and their votes do not show these errors. Then the evidence counts
    in proportion to the odds that two voters differ. Each share is raised to that power, and the shares are scaled to
    sum to one. This is temperature scaling (Guo, Pleiss, Sun and Weinberger, "On calibration of modern neural
    networks", ICML 2017), but without true labels.

    Two voters also differ more in an image whose object is small or hard. So the odds are half-way, as a geometric
    mean, between those of the image and those of the images together.

    Args:
        overlap: mean Dice of the image's pairs of voters (:func:`overlap_of`).
        largest: exponent of voters who err independently; :data:`SMOOTHED` for smoothed shares.
        of_images: mean of the overlaps of all images; NaN where only one is known.

    Returns:
        From :data:`LEAST` to ``largest``; 1 where there are no pairs (NaN).
    """
    if np.isnan(overlap):
        return 1.0
    odds = _odds_to_differ(overlap)
    if not np.isnan(of_images):
        odds = np.sqrt(odds * _odds_to_differ(of_images))
    return float(np.clip(odds * PEOPLE / (1 - PEOPLE), LEAST, largest))


def calibrated_shares(shares: np.ndarray | Shares, exponent: float) -> Shares:
    """Shares raised to a power, with the background's odds, scaled to sum to one; certain ones stay certain.

    Suppose two voters of the same quality differ in a voxel, and each draws as much too much as it leaves out. Voters
    leave out voxels of one object, and draw voxels too much anywhere around it. So they agree on fewer of the latter,
    and the voter who draws is wrong more often than the one who does not. The factor :data:`DRAWN` says how much.

    Args:
        shares: of the labels in P patterns; an array has shape (P, L).
        exponent: of :func:`exponent_of`.
    """
    shares = Shares.of(shares)
    powers = _powers(shares.values, exponent)
    powers[shares.labels > 0] *= DRAWN
    return replace(shares, values=powers / shares.sums(powers)[shares.rows])


def calibrate_patterns(fused: PatternLabels, shares: np.ndarray | Shares, exponent: float) -> PatternLabels:
    """The same labels, with calibrated shares.

    Args:
        fused: the labels.
        shares: of each label in each pattern, by all voters.
        exponent: of :func:`exponent_of`.
    """
    told = calibrated_shares(shares, exponent)
    places = np.searchsorted(fused.votes.labels, fused.values)
    return replace(fused, shares=told, winners=told.of_labels(places))


@dataclass(frozen=True)
class CalibratedVoxels(VoxelLabels):
    """Labels of voxels, with calibrated shares.

    Attributes:
        exponent: of :func:`exponent_of`.
        total: sum of all labels' powers, as :func:`calibrated_shares` weighs them, in each voxel of the shares' box,
            float32.
        told: calibrated share of the winning label in each, float32.
    """

    exponent: float
    total: np.ndarray
    told: np.ndarray

    @property
    def winners(self) -> np.ndarray:
        """Calibrated share of the winning label in each voxel of the box, float32."""
        return self.told

    def probability(self, index: int) -> np.ndarray:
        power = _powers(super().probability(index), self.exponent)
        if index:
            power *= DRAWN
        return np.asarray(power / self._placed(self.shares.box, self.total, np.ones((), np.float32)))


def calibrate_voxels(fused: VoxelLabels, shares: ImageShares, exponent: float) -> CalibratedVoxels:
    """The same labels, with calibrated shares.

    Args:
        fused: the labels.
        shares: of each label, by all voters, over the same box.
        exponent: of :func:`exponent_of`.
    """
    total, winners = np.zeros((2, *fused.values.shape), np.float32)
    for slab in shares.slabs():
        planes = relative(slab, shares.box)
        powers, won, decided = total[planes], winners[planes], fused.decided[planes]
        background = np.ones(powers.shape, np.float32)
        for share in shares.of_labels(slab):
            inside = relative(share.box, slab)
            background[inside] -= share.smoothed
            power = DRAWN * _powers(share.smoothed, exponent)
            powers[inside] += power
            np.copyto(won[inside], power, where=decided[inside] == share.index)
        power = _powers(background, exponent)
        powers += power
        np.copyto(won, power, where=decided == 0)
    winners /= total
    return CalibratedVoxels(shares, fused.decided, fused.values, exponent, total, winners)


def _odds_to_differ(overlap: float) -> float:
    return (1 - overlap) / max(overlap, NOTHING)


def _powers(shares: np.ndarray, exponent: float) -> np.ndarray:
    """Raise shares to a power; shares that are only float noise become zero."""
    powers: np.ndarray = np.where(shares > NOTHING, shares, 0) ** shares.dtype.type(exponent)
    return powers
