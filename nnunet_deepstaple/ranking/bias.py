"""In which way each voter differs from a consensus: more or less of it, at its border, whole objects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .pairs import volumes_of

_STEPS = 6
"""Steps from the consensus that are looked at for all voters at once."""

_BITS = 1 << 29
"""Voxels × voters up to which they are: 64 MB, a few times."""

_STAIRS = {2: 4 / np.pi, 3: 1.5}
"""How much larger the faces of voxels are than a surface of any direction (Cauchy and Crofton)."""


@dataclass(frozen=True)
class Bias:
    """How K voters differ from a consensus on one structure; arrays of shape (K,).

    Attributes:
        volume_ratio: volume of the voter / that of the consensus; NaN where the consensus is empty.
        border: how far outside (+) or inside (−) the border of the consensus the voter draws on average, in mm; NaN
            where they have no object in common.
        missed: objects (connected parts) of the consensus that the voter has nothing of.
        false: objects of the voter that the consensus has nothing of.
    """

    volume_ratio: np.ndarray
    border: np.ndarray
    missed: np.ndarray
    false: np.ndarray


def bias_of(masks: np.ndarray, codes: np.ndarray, consensus: np.ndarray, spacing: Sequence[float]) -> Bias:
    """Compare voters with a consensus.

    Args:
        masks: whether each voter marks the structure in each pattern, shape (P, K), bool.
        codes: pattern of each voxel, 2D or 3D.
        consensus: whether the consensus marks it, shape (P,), bool.
        spacing: millimetres between voxels along each axis of ``codes``.
    """
    ratio, border, missed, false = np.full((4, masks.shape[1]), np.nan)
    around = (masks.any(axis=1) | consensus)[codes]
    if not around.any():
        return Bias(ratio, border, np.zeros(masks.shape[1]), np.zeros(masks.shape[1]))
    codes = codes[_box_of(around)]
    counts = np.bincount(codes.reshape(-1), minlength=len(masks))
    drawn = consensus[codes]
    small = codes.size * masks.shape[1] < _BITS
    loose = _loose(masks, codes, drawn) if small else (masks & ~consensus[:, np.newaxis]).any(axis=0)
    objects, n_objects = ndimage.label(drawn)
    of_object = np.bincount(objects.reshape(-1), minlength=n_objects + 1)[1:]
    hits = _hits(objects, n_objects, masks, codes)
    volume, (volumes, _) = int(of_object.sum()), volumes_of(masks, consensus, counts)
    surface = _surface(drawn, spacing)
    for voter, hit in enumerate(hits.T):
        its_false, its_volume = _false(masks[:, voter][codes], drawn) if loose[voter] else (0, 0)
        missed[voter], false[voter] = (~hit).sum(), its_false
        if volume:
            ratio[voter] = volumes[voter] / volume
        if hit.any():
            at_border = volumes[voter] - its_volume - of_object[hit].sum()
            border[voter] = at_border * np.prod(spacing) / surface
    return Bias(ratio, border, missed, false)


def _hits(objects: np.ndarray, n_objects: int, masks: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Whether each voter has something of each object, shape (objects, K)."""
    inside = objects > 0
    owners, seen = objects[inside], codes[inside]
    hits = np.zeros((n_objects, masks.shape[1]), bool)
    if n_objects == 1:
        hits[0] = masks[np.bincount(seen, minlength=len(masks)) > 0].any(axis=0)
        return hits
    pairs = np.unique(owners.astype(np.int64) * len(masks) + seen)
    np.logical_or.at(hits, pairs // len(masks) - 1, masks[pairs % len(masks)])
    return hits


def _loose(masks: np.ndarray, codes: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Voters with voxels that a few steps inside their mask do not join to the consensus, shape (K,), bool.

    All voters walk at once, a bit each; only those that this finds need be labelled object by object.
    """
    n_voters = masks.shape[1]
    words = np.zeros((len(masks), -(-n_voters // 64) * 8), np.uint8)
    packed = np.packbits(masks, axis=1)
    words[:, : packed.shape[1]] = packed
    own = words.view(np.uint64)[codes]
    reached = own * drawn[..., np.newaxis]
    left = np.bitwise_or.reduce((own ^ reached).reshape(-1, own.shape[-1]))
    for _ in range(_STEPS):
        if not left.any():
            break
        for axis in range(codes.ndim):
            first, last = (_all_but(axis, side) for side in (slice(-1), slice(1, None)))
            reached[last] |= reached[first] & own[last]
            reached[first] |= reached[last] & own[first]
        left = np.bitwise_or.reduce((own ^ reached).reshape(-1, own.shape[-1]))
    return np.unpackbits(left.view(np.uint8))[:n_voters].astype(bool)


def _all_but(axis: int, side: slice) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, side)


def _false(mask: np.ndarray, true: np.ndarray) -> tuple[int, int]:
    """Objects of a mask that have nothing of another, and their voxels."""
    box = _box_of(mask)
    parts, count = ndimage.label(mask[box])
    right = np.zeros(count + 1, bool)
    right[parts[true[box]]] = True
    right[0] = True
    if right.all():
        return 0, 0
    return int((~right).sum()), int(np.bincount(parts.reshape(-1), minlength=count + 1)[~right].sum())


def _box_of(mask: np.ndarray) -> tuple[slice, ...]:
    """Bounding box of a mask that is not empty."""
    box: tuple[slice, ...] = ndimage.find_objects(mask.view(np.uint8))[0]
    return box


def _surface(mask: np.ndarray, spacing: Sequence[float]) -> float:
    """Area of a mask's surface in mm², length of its outline in mm in 2D; axes of one voxel are left out."""
    axes = [axis for axis in range(mask.ndim) if mask.shape[axis] > 1] or [0]
    padded = np.pad(mask, 1)
    voxel = float(np.prod(spacing))
    faces = sum((np.diff(padded, axis=axis) != 0).sum() * voxel / spacing[axis] for axis in axes)
    return float(faces / _STAIRS.get(len(axes), 1.0))
