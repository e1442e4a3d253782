"""Joint label fusion: what each atlas is worth in each voxel, from how its image looks there.

Wang, Suh, Das, Pluta, Craige and Yushkevich, "Multi-Atlas Segmentation with Joint Label Fusion", IEEE TPAMI 35(3),
2013.

Around each voxel the target's patch is compared with the patch of each warped atlas, at the shift within a small search
where they look most alike. Atlases whose patches err in the same places share one vote: with e_k(p) how unlike target
and atlas k are in voxel p of the patch, the weights are w = M⁻¹1 / 1ᵀM⁻¹1, M_jk = (Σ_p e_j(p) e_k(p))^β + ridge.
Each patch votes for all of its voxels, with labels read at its shift.

Only voxels in which voters differ are worked on, and the patches that reach them, tile by tile: errors are whole
numbers, patches are summed by box filters, and only those at the best shift are gathered.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..fusion.boxes import Box, as_3d, foreground_box, grown, is_empty, moved
from ..fusion.votes import Votes

Triple = tuple[int, int, int]

Unlikeness = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Of two arrays of features, element by element: whole numbers from 0 on, uint8."""

_TILE = 24
"""Side of a tile: its errors at one shift, of ten atlases, fit into a processor's cache."""

_FLAT_TILE = 96
"""The same where the image is flat."""

_AT_ONCE = 256
"""Voxels whose patches are gathered at once."""


@dataclass(frozen=True)
class Patches:
    """How patches are compared.

    Attributes:
        radius: voxels from a patch's centre to its border, (z, y, x).
        search: voxels that an atlas' patch may lie away from the target's, (z, y, x).
        power: β, to which the atlases' common errors are raised.
        ridge: added to M's diagonal, whose mean is 1 before.
    """

    radius: Triple
    search: Triple
    power: float = 2.0
    ridge: float = 0.1

    @property
    def shifts(self) -> list[Triple]:
        """All shifts of the search, the shortest first."""
        shifts = itertools.product(*(range(-reach, reach + 1) for reach in self.search))
        return sorted(shifts, key=lambda shift: (sum(step * step for step in shift), shift))

    @property
    def margin(self) -> Triple:
        """Voxels around :func:`joint_box` in which features are needed."""
        z, y, x = (radius + search for radius, search in zip(self.radius, self.search, strict=True))
        return z, y, x


@dataclass(frozen=True)
class JointVotes:
    """What the atlases' votes come to where voters differ.

    Attributes:
        shares: of each label index that has any, the voxels (flat indices of the votes' codes, ascending) and its
            share of the vote there, float32. The shares of a voxel sum to 1, or to 0 where no atlas says anything.
        voxels: in which voters differ, flat indices of the votes' codes, shape (D,).
        weights: of each atlas in each of them, shape (K, D), float32.
    """

    shares: dict[int, tuple[np.ndarray, np.ndarray]]
    voxels: np.ndarray
    weights: np.ndarray


def disputed_patterns(votes: Votes) -> np.ndarray:
    """Patterns in which voters give different labels, shape (P,), bool; who abstains does not differ."""
    speaks = votes.patterns < len(votes.labels)
    lowest = np.where(speaks, votes.patterns, len(votes.labels)).min(axis=1)
    highest = np.where(speaks, votes.patterns, 0).max(axis=1)
    return lowest < highest


def joint_box(votes: Votes, patches: Patches) -> Box:
    """Box of the image that holds all patches' centres: the voxels in which voters differ, and a radius around."""
    box = foreground_box(disputed_patterns(votes)[votes.codes])
    return box if is_empty(box) else grown(moved(box, votes.box), patches.radius, as_3d(votes.shape))


def joint_votes(
    votes: Votes,
    atlases: Sequence[int],
    target: np.ndarray,
    warped: Sequence[np.ndarray],
    unlikeness: Unlikeness,
    patches: Patches,
    prior: np.ndarray | None = None,
) -> JointVotes:
    """Vote where voters differ, with weights that differ from voxel to voxel.

    Time grows with the voxels near a dispute, times the atlases, times the shifts; for the patches at the best shift,
    with the square of the atlases. Memory is that of the features and of K weights for each of these voxels.

    Args:
        votes: of all voters.
        atlases: columns of ``votes.patterns`` of the K voters with an image.
        target: features of the image's C channels in :func:`joint_box`, with ``patches.margin`` more on each side,
            shape (C, z, y, x).
        warped: the atlases' features, K arrays of the same shape.
        unlikeness: of the features.
        patches: how they are compared.
        prior: what each atlas' weights are multiplied by, shape (K,); None for 1.
    """
    box = joint_box(votes, patches)
    disputed = disputed_patterns(votes)
    codes = _cut(votes, box, patches.search)
    inner = tuple(slice(reach, size - reach) for reach, size in zip(patches.search, codes.shape, strict=True))
    differ = disputed[codes[inner]]
    weights = _Weights(differ, patches, len(warped))
    for tile in _tiles(weights.near):
        weights.find(tile, target, warped, unlikeness, prior)
    of_atlases = votes.patterns[:, list(atlases)]
    found = [_tile_votes(tile, differ[tile], codes, of_atlases, weights, patches) for tile in _tiles(differ)]
    return _assembled(found, len(votes.labels), box, votes)


class _Weights:
    """Weights and shifts of each atlas' patches, kept for those that reach a voxel in which voters differ."""

    def __init__(self, differ: np.ndarray, patches: Patches, n_atlases: int) -> None:
        """Find the patches.

        Args:
            differ: where voters differ, shape of the box.
            patches: how they are compared.
            n_atlases: K.
        """
        self._patches, self._shifts = patches, patches.shifts
        self.near = near = ndimage.maximum_filter(differ, [2 * r + 1 for r in patches.radius], mode="constant")
        inner = tuple(slice(r, r + size) for r, size in zip(patches.radius, near.shape, strict=True))
        self._row = np.full([size + 2 * r for size, r in zip(near.shape, patches.radius, strict=True)], -1, np.int32)
        self._row[inner][near] = np.arange(near.sum(), dtype=np.int32)
        # The last row stands for all voxels that have none.
        self._weights = np.zeros((int(near.sum()) + 1, n_atlases), np.float32)
        self._shift = np.zeros(self._weights.shape, np.min_scalar_type(len(self._shifts)))

    def around(self, tile: Box) -> tuple[np.ndarray, np.ndarray]:
        """Weights and shifts of all patches that reach a tile, shapes (K, …) with a radius more on each side."""
        rows = self._row[tuple(slice(s.start, s.stop + 2 * r) for s, r in zip(tile, self._patches.radius, strict=True))]
        weights, shifts = (np.moveaxis(values[rows], -1, 0) for values in (self._weights, self._shift))
        return np.ascontiguousarray(weights), np.ascontiguousarray(shifts)

    def find(
        self,
        tile: Box,
        target: np.ndarray,
        warped: Sequence[np.ndarray],
        unlikeness: Unlikeness,
        prior: np.ndarray | None,
    ) -> None:
        """Compute those of the patches centred in a tile."""
        radius = self._patches.radius
        rows = self._row[tuple(slice(s.start + r, s.stop + r) for s, r in zip(tile, radius, strict=True))]
        centres = np.nonzero(rows >= 0)
        errors = self._errors(tile, target, warped, unlikeness)
        shift = _most_alike(errors, radius)[(slice(None), *centres)].T  # (V, K)
        corners = np.ravel_multi_index(centres, errors.shape[2:])
        offsets = np.ravel_multi_index(np.indices([2 * r + 1 for r in radius]).reshape(3, -1), errors.shape[2:])
        n_atlases, size = errors.shape[1], int(np.prod(errors.shape[2:]))
        first = (shift.astype(np.intp) * n_atlases + np.arange(n_atlases)) * size + corners[:, np.newaxis]
        flat = errors.reshape(-1)
        weights = np.empty(shift.shape, np.float32)
        for start in range(0, len(weights), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            patches = flat[first[some, :, np.newaxis] + offsets].astype(np.float32)
            weights[some] = _joint_weights(patches, self._patches, prior)
        self._weights[rows[centres]] = weights
        self._shift[rows[centres]] = shift

    def _errors(
        self, tile: Box, target: np.ndarray, warped: Sequence[np.ndarray], unlikeness: Unlikeness
    ) -> np.ndarray:
        """How unlike the target the atlases are at each shift, in a tile and a radius around, (shifts, K, …), uint8."""
        radius, search = self._patches.radius, self._patches.search
        here = [slice(s.start + d, s.stop + d + 2 * r) for s, d, r in zip(tile, search, radius, strict=True)]
        wider = [slice(s.start, s.stop + 2 * (d + r)) for s, d, r in zip(tile, search, radius, strict=True)]
        fixed, moving = (
            target[(slice(None), *here)],
            np.stack([atlas[(slice(None), *wider)] for atlas in warped], axis=1),
        )
        shape = fixed.shape[1:]
        errors = np.empty((len(self._shifts), len(warped), *shape), np.uint8)
        for error, shift in zip(errors, self._shifts, strict=True):
            there = tuple(slice(d + s, d + s + n) for d, s, n in zip(search, shift, shape, strict=True))
            of_channels = [
                unlikeness(atlases[(slice(None), *there)], image) for atlases, image in zip(moving, fixed, strict=True)
            ]
            error[:] = of_channels[0] if len(of_channels) == 1 else np.mean(of_channels, axis=0)
        return errors


def _most_alike(errors: np.ndarray, radius: Triple) -> np.ndarray:
    """Shift at which each atlas' patch is most like the target's, (K, …); of several, the first.

    Args:
        errors: of each shift, shape (shifts, K, …), uint8.
        radius: of the patches.
    """
    best: np.ndarray | None = None
    shift = np.zeros(0, np.uint8)
    for index, error in enumerate(errors):
        distance = _box_sum(np.multiply(error, error, dtype=np.int32), radius)
        if best is None:
            best, shift = distance, np.zeros(distance.shape, np.min_scalar_type(len(errors)))
        else:
            np.copyto(shift, index, where=distance < best, casting="unsafe")
            np.minimum(best, distance, out=best)
    return shift


def _joint_weights(errors: np.ndarray, patches: Patches, prior: np.ndarray | None) -> np.ndarray:
    """Weights of K atlases in V voxels.

    Args:
        errors: of the atlases' patches, shape (V, K, voxels of a patch).
        patches: β and the ridge.
        prior: what the weights are multiplied by, shape (K,).

    Returns:
        Weights that sum to one, shape (V, K). Negative ones are set to 0.
    """
    common = np.matmul(errors, errors.transpose(0, 2, 1)).astype(np.float64).transpose(1, 2, 0)
    common **= patches.power
    diagonal = np.einsum("kkv->kv", common)  # a view
    mean = diagonal.mean(axis=0)
    common /= np.where(mean > 0, mean, 1)
    diagonal += patches.ridge
    weights = np.maximum(_solved(common), 0)
    if prior is not None:
        weights *= prior[:, np.newaxis]
    return (weights / weights.sum(axis=0)).T


def _solved(matrices: np.ndarray) -> np.ndarray:
    """M⁻¹1 of V positive definite matrices, shapes (K, K, V), which are overwritten, and (K, V).

    Gauss' elimination of all at once: on small matrices many times quicker than one call of LAPACK each.
    """
    size = len(matrices)
    result = np.ones(matrices.shape[1:])
    for i in range(size):
        factors = matrices[i + 1 :, i] / matrices[i, i]
        matrices[i + 1 :, i + 1 :] -= factors[:, np.newaxis] * matrices[i, i + 1 :]
        result[i + 1 :] -= factors * result[i]
    for i in reversed(range(size)):
        result[i] -= (matrices[i, i + 1 :] * result[i + 1 :]).sum(axis=0)
        result[i] /= matrices[i, i]
    return result


def _tile_votes(
    tile: Box, differ: np.ndarray, codes: np.ndarray, patterns: np.ndarray, weights: _Weights, patches: Patches
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What voxels of a tile get in which voters differ: places (3, D), labels (L,), shares (L, D), weights (K, D)."""
    wider = tuple(slice(s.start, s.stop + 2 * d) for s, d in zip(tile, patches.search, strict=True))
    labels = np.moveaxis(patterns[codes[wider]], -1, 0)
    present, labels = np.unique(labels, return_inverse=True)
    labels = labels.reshape(-1, *codes[wider].shape).astype(np.min_scalar_type(len(present)))
    weight, shift = weights.around(tile)
    inside = np.nonzero(differ)
    place = np.arange(len(inside[0]))
    shares = np.zeros((len(present), len(place)))
    total = np.zeros((len(weight), len(place)))
    for index, step in enumerate(patches.shifts):
        chosen = np.where(shift == index, weight, np.float32(0))
        if not chosen.any():
            continue
        given = _box_sum(chosen, patches.radius)[(slice(None), *inside)]
        there = tuple(at + d + s for at, d, s in zip(inside, patches.search, step, strict=True))
        read = labels[(slice(None), *there)].astype(np.intp)
        shares += np.bincount((read * len(place) + place).ravel(), given.ravel(), shares.size).reshape(shares.shape)
        total += given
    places = np.stack([at + side.start for at, side in zip(inside, tile, strict=True)])
    return places, present, shares, total / total.sum(axis=0)


def _assembled(
    tiles: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], n_labels: int, box: Box, votes: Votes
) -> JointVotes:
    """Put together what the tiles gave, by label; voxels of the box become those of the votes."""
    start = [side.start - of_votes.start for side, of_votes in zip(box, votes.box, strict=True)]
    parts: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
    voxels, weights = [np.zeros(0, np.intp)], []
    for places, present, shares, of_atlases in tiles:
        flat = np.ravel_multi_index([at + s for at, s in zip(places, start, strict=True)], votes.codes.shape)
        spoken = shares[present < n_labels].sum(axis=0)
        for label, share in zip(present.tolist(), shares, strict=True):
            if label < n_labels and (some := share > 0).any():
                parts.setdefault(label, []).append((flat[some], (share[some] / spoken[some]).astype(np.float32)))
        voxels.append(flat)
        weights.append(of_atlases.astype(np.float32))
    return JointVotes(
        {label: _sorted(*map(np.concatenate, zip(*part, strict=True))) for label, part in sorted(parts.items())},
        *_sorted(np.concatenate(voxels), np.concatenate(weights, axis=1) if weights else np.zeros((0, 0), np.float32)),
    )


def _sorted(voxels: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(voxels)
    return voxels[order], values[..., order]


def _cut(votes: Votes, box: Box, margin: Triple) -> np.ndarray:
    """Codes in a box of the image and a margin around; 0, where all vote for background, beyond the votes' box."""
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


def _box_sum(values: np.ndarray, radius: Triple) -> np.ndarray:
    """Sums over patches along the last three axes, which get shorter by twice the radius."""
    for axis, reach in zip((-3, -2, -1), radius, strict=True):
        length = values.shape[axis] - 2 * reach
        if reach:
            parts = [
                values[(..., slice(step, step + length), *[slice(None)] * (-1 - axis))] for step in range(2 * reach + 1)
            ]
            values = np.add(parts[0], parts[1])
            for part in parts[2:]:
                values += part
    return values
