"""Joint label fusion: atlases vote where voters differ, and their weights differ from voxel to voxel.

Wang et al., IEEE TPAMI 35(3), 2013 (:mod:`.patch_weights`). A small search finds the shift at which an atlas' patch
looks most like the target's. The labels are read at that shift, and each patch votes for all of its voxels.

The work is limited to the voxels in which voters differ and the patches that reach them. It goes tile by tile.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...files.boxes import Box, as_3d, foreground_box, grown, is_empty, moved
from ..votes.local_shares import LocalShares
from ..votes.shares import vote_shares
from ..votes.votes import VoteMap, Votes
from .features import INTENSITY, MIND, Triple, features_named, in_voxels
from .patch_weights import Patches, PatchWeights, Unlikeness, box_sum, of_each

RADIUS = 2
"""Default radius of patches, in voxels of the finest axis (docs/results/pages/joint.md)."""

SEARCH = {INTENSITY: 1, MIND: 2}
"""Default search, in voxels of the finest axis. It is wider for self-similarities: they can correct larger errors of
the registration."""

_TILE = 24
"""Side of a tile: the errors of ten atlases at one shift then fit into a processor's cache."""

_FLAT_TILE = 96
"""Side of a tile in an image of one plane."""


@dataclass(frozen=True)
class JointOptions:
    """How joint fusion is done, for images of any spacing.

    Attributes:
        features: what patches are compared by, one of :data:`~.features.KINDS`.
        radius: of the patches, in voxels of the finest axis; the same length in millimetres along the other axes, but
            at least one voxel.
        search: for an atlas' patch, in voxels of the finest axis; the same length in millimetres along the other axes.
    """

    features: str
    radius: int = RADIUS
    search: int = 1

    def patches(self, spacing: Sequence[float], shape: Sequence[int]) -> Patches:
        """Patches of an image of that spacing and shape, both (z, y, x)."""
        return Patches(in_voxels(self.radius, spacing, shape, least=1), in_voxels(self.search, spacing, shape))


@dataclass(frozen=True)
class JointVotes:
    """The result of the vote where voters differ.

    Attributes:
        shares: of the labels there.
        weights: of each atlas in each of these voxels, shape (K, D), float32; those of a voxel sum to one.
    """

    shares: LocalShares
    weights: np.ndarray


def joint_votes_by_images(
    votes: VoteMap,
    weights: np.ndarray,
    atlases: Sequence[int],
    images: Iterable[Sequence[np.ndarray]],
    spacing: Sequence[float],
    options: JointOptions,
) -> JointVotes:
    """Vote where voters differ, by what the images show there.

    Args:
        votes: of all voters.
        weights: of all voters, shape (N,), summing to one. For the atlases they are a prior. The other voters keep
            theirs.
        atlases: places of the K voters with an image.
        images: channels of the target and then of the warped image of each atlas; each one is read before the next is
            requested, and none is kept.
        spacing: millimetres between voxels, (z, y, x) or (y, x).
        options: how patches are compared.
    """
    shape = as_3d(votes.shape)
    spacing = (1.0,) * (3 - len(spacing)) + tuple(spacing)
    patches = options.patches(spacing, shape)
    features = features_named(options.features, spacing, shape)
    box = joint_box(votes, patches)
    if is_empty(box):
        nowhere = LocalShares(np.zeros(0, np.intp), {})
        return JointVotes(nowhere, np.zeros((len(atlases), 0), np.float32))
    of_images = (
        np.stack([features.around(channel.reshape(shape), box, patches.margin) for channel in channels])
        for channels in images
    )
    target = next(of_images)
    warped = [features.in_sense_of(target, atlas) for atlas in of_images]
    return joint_votes(votes, weights, atlases, target, warped, features.unlikeness, patches)


def agreement_gain(votes: VoteMap, weights: np.ndarray, atlases: Sequence[int], joint: JointVotes) -> float:
    """How much more the voters confirm the labels of atlases whose images look like the target.

    Args:
        votes: of all voters.
        weights: of all voters by their labels alone, shape (N,), summing to one.
        atlases: places of the K voters with an image.
        joint: the result of the vote by the images.

    Returns:
        A difference of two means. Both are means of the share of all voters' weights that confirms an atlas' label,
        over the voxels in which voters differ and over the atlases. The first mean weighs the atlases by their weights
        in each voxel, the second by their weights for the whole image. It is positive where the images help.
    """
    codes = votes.codes.reshape(-1)[joint.shares.voxels]
    if not codes.size:
        return 0.0
    shares = np.pad(np.asarray(vote_shares(votes, weights)), [(0, 0), (0, 1)])  # nobody confirms a voter that abstains
    confirmed = shares[codes[:, np.newaxis], votes.patterns[codes][:, list(atlases)]].T
    everywhere = weights[list(atlases)] / weights[list(atlases)].sum()
    return float(((joint.weights - everywhere[:, np.newaxis]) * confirmed).sum(axis=0).mean())


def disputed_patterns(votes: Votes) -> np.ndarray:
    """Patterns in which voters give different labels, shape (P,), bool; a voter that abstains does not differ."""
    speaks = votes.patterns < votes.n_labels
    lowest = np.where(speaks, votes.patterns, votes.n_labels).min(axis=1)
    highest = np.where(speaks, votes.patterns, 0).max(axis=1)
    return lowest < highest


def joint_box(votes: VoteMap, patches: Patches) -> Box:
    """Box of the image that holds all patches' centres: the voxels in which voters differ, and one radius more."""
    box = foreground_box(disputed_patterns(votes)[votes.codes])
    return box if is_empty(box) else grown(moved(box, votes.box), patches.radius, as_3d(votes.shape))


def joint_votes(
    votes: VoteMap,
    weights: np.ndarray,
    atlases: Sequence[int],
    target: np.ndarray,
    warped: Sequence[np.ndarray],
    unlikeness: Unlikeness,
    patches: Patches,
) -> JointVotes:
    """Vote where voters differ, with weights of the atlases that differ from voxel to voxel.

    In each voxel the atlases together keep their sum of ``weights``. Time grows with the number of voxels near a
    dispute, times the number of atlases, times the number of shifts. For the patches at the best shift, it grows with
    the square of the number of atlases. Memory holds the features, and K weights for each of these voxels.

    Args:
        votes: of all N voters.
        weights: of all voters, shape (N,), summing to one; the weights by the images are multiplied by those of the
            atlases.
        atlases: places of the K voters with an image.
        target: features of the image's C channels in :func:`joint_box`, with ``patches.margin`` more on each side,
            shape (C, z, y, x).
        warped: the atlases' features, K arrays of the same shape.
        unlikeness: of the features.
        patches: how they are compared.
    """
    box = joint_box(votes, patches)
    codes = _cut(votes, box, patches.search)
    inner = tuple(slice(reach, size - reach) for reach, size in zip(patches.search, codes.shape, strict=True))
    differ = disputed_patterns(votes)[codes[inner]]
    prior = weights[list(atlases)]
    local = PatchWeights(differ, patches, prior if prior.any() else np.ones(len(prior)))
    for tile in _tiles(local.near):
        local.find(tile, target, warped, unlikeness)
    voters = _Voters.of(votes, weights, atlases)
    found = [_tile_votes(tile, differ[tile], codes, voters, local, patches) for tile in _tiles(differ)]
    return _assembled(found, box, votes, len(prior))


@dataclass(frozen=True)
class _Voters:
    """The atlases, and the other voters with a weight.

    Attributes:
        atlases: their label indices in each pattern, shape (P, K).
        share: the part of all weights that they have together.
        others: label indices of the others, shape (P, M).
        weights: of the others, shape (M,).
        silent: the index by which a voter says nothing.
    """

    atlases: np.ndarray
    share: float
    others: np.ndarray
    weights: np.ndarray
    silent: int

    @classmethod
    def of(cls, votes: Votes, weights: np.ndarray, atlases: Sequence[int]) -> "_Voters":
        others = [place for place in range(votes.n_voters) if place not in set(atlases) and weights[place] > 0]
        share = 1 - weights[others].sum()
        return cls(votes.patterns[:, list(atlases)], share, votes.patterns[:, others], weights[others], votes.n_labels)


@dataclass(frozen=True)
class _TileVotes:
    """The result of the vote in D voxels of a tile.

    Attributes:
        places: of the voxels, along (z, y, x), in the coordinates of the box.
        labels: label indices, shape (L,).
        shares: of these labels, shape (L, D).
        weights: of the atlases, shape (K, D).
    """

    places: tuple[np.ndarray, ...]
    labels: np.ndarray
    shares: np.ndarray
    weights: np.ndarray


def _tile_votes(
    tile: Box, differ: np.ndarray, codes: np.ndarray, voters: _Voters, weights: PatchWeights, patches: Patches
) -> _TileVotes:
    """Vote in those voxels of a tile in which voters differ.

    Args:
        tile: in the coordinates of the box.
        differ: where voters differ in it.
        codes: of the box and the search around it.
        voters: what they say.
        weights: of the atlases' patches.
        patches: how these were compared.
    """
    wider = tuple(slice(s.start, s.stop + 2 * d) for s, d in zip(tile, patches.search, strict=True))
    labels = np.moveaxis(voters.atlases[codes[wider]], -1, 0)
    inside = np.nonzero(differ)
    of_others = voters.others[codes[wider][tuple(at + d for at, d in zip(inside, patches.search, strict=True))]].T
    present = np.unique(np.concatenate([labels.ravel(), of_others.ravel()]))
    labels, of_others = (np.searchsorted(present, values) for values in (labels, of_others))
    weight, shift = weights.around(tile)
    place = np.arange(len(inside[0]))
    shares = np.zeros((len(present), len(place)))
    total = np.zeros((len(weight), len(place)))

    def vote(given: np.ndarray, by: np.ndarray) -> None:
        cells = (given * len(place) + place).ravel()
        np.add(shares, np.bincount(cells, by.ravel(), shares.size).reshape(shares.shape), out=shares)

    for index, step in enumerate(patches.shifts):
        chosen = np.where(shift == index, weight, np.float32(0))
        if chosen.any():
            given = box_sum(chosen, patches.radius)[of_each(inside)]
            there = tuple(at + d + s for at, d, s in zip(inside, patches.search, step, strict=True))
            vote(labels[of_each(there)], given)
            total += given
    speaking = present < voters.silent
    shares *= voters.share / np.maximum(shares[speaking].sum(axis=0), np.finfo(float).tiny)
    vote(of_others, np.broadcast_to(voters.weights[:, np.newaxis], of_others.shape))
    places = tuple(at + side.start for at, side in zip(inside, tile, strict=True))
    heard = shares[speaking].sum(axis=0)
    return _TileVotes(places, present[speaking], shares[speaking] / np.where(heard > 0, heard, 1), total / total.sum(0))


def _assembled(tiles: Sequence[_TileVotes], box: Box, votes: VoteMap, n_atlases: int) -> JointVotes:
    """Put the results of the tiles together, by label; convert places in the box to places in the votes."""
    start = [side.start - of_votes.start for side, of_votes in zip(box, votes.box, strict=True)]
    of_labels: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    voxels, weights = [np.zeros(0, np.intp)], [np.zeros((n_atlases, 0), np.float32)]
    for tile in tiles:
        places = tuple(at + first for at, first in zip(tile.places, start, strict=True))
        flat = np.ravel_multi_index(places, votes.codes.shape)
        for label, share in zip(tile.labels.tolist(), tile.shares.astype(np.float32), strict=True):
            if (some := share > 0).any():
                of_labels.setdefault(label, []).append((flat[some], share[some]))
        heard = tile.shares.any(axis=0)  # elsewhere the atlases abstain at all shifts, and the pattern says more
        voxels.append(flat[heard])
        weights.append(tile.weights[:, heard].astype(np.float32))
    shares = {
        label: _sorted(*(np.concatenate(part) for part in zip(*parts, strict=True)))
        for label, parts in sorted(of_labels.items())
    }
    where, of_atlases = _sorted(np.concatenate(voxels), np.concatenate(weights, axis=1))
    return JointVotes(LocalShares(where, shares), of_atlases)


def _sorted(voxels: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(voxels)
    return voxels[order], values[..., order]


def _cut(votes: VoteMap, box: Box, margin: Triple) -> np.ndarray:
    """Codes in a box of the image and a margin around it; beyond the votes' box they are 0, which is background."""
    wider = [slice(side.start - more, side.stop + more) for side, more in zip(box, margin, strict=True)]
    codes = np.zeros([side.stop - side.start for side in wider], votes.codes.dtype)
    common = [slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(wider, votes.box, strict=True)]
    to = tuple(slice(c.start - w.start, c.stop - w.start) for c, w in zip(common, wider, strict=True))
    of = tuple(slice(c.start - b.start, c.stop - b.start) for c, b in zip(common, votes.box, strict=True))
    codes[to] = votes.codes[of]
    return codes


def _tiles(mask: np.ndarray) -> Iterator[Box]:
    """Boxes that hold all of a mask's voxels, none larger than a tile."""
    side = _TILE if min(mask.shape) > 1 else _FLAT_TILE
    for corner in itertools.product(*(range(0, size, side) for size in mask.shape)):
        z, y, x = (slice(first, first + side) for first in corner)
        occupied = foreground_box(mask[z, y, x])
        if not is_empty(occupied):
            yield moved(occupied, (z, y, x))
