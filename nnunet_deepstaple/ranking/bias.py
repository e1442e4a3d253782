"""In which way each voter differs from a label map: more or less of it, at its border, whole objects."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

_STAIRS = {2: 4 / np.pi, 3: 1.5}
"""How much larger the faces of voxels are than a surface of any direction (Cauchy and Crofton)."""


@dataclass(frozen=True)
class Bias:
    """How K voters differ from a label map, for each of L labels; arrays of shape (L, K).

    Attributes:
        volume_ratio: volume of the voter / that of the map; NaN where the map does not show the label.
        border: how far outside (+) or inside (−) the map's border the voter draws on average, in mm; NaN as above.
        missed: objects (connected parts) of the map that the voter has nothing of.
        false: objects of the voter that the map has nothing of.
    """

    volume_ratio: np.ndarray
    border: np.ndarray
    missed: np.ndarray
    false: np.ndarray


def bias_of(
    patterns: np.ndarray, codes: np.ndarray, labels: np.ndarray, spacing: Sequence[float], n_labels: int
) -> Bias:
    """Compare voters with a label map.

    Args:
        patterns: label index of each vote, shape (P, K); ``n_labels`` or above where a voter abstains.
        codes: pattern of each voxel, 2D or 3D.
        labels: index of the map's label in each pattern, shape (P,).
        spacing: millimetres between voxels along each axis of ``codes``.
        n_labels: L, the background included; nothing is told of it.

    Returns:
        Arrays with L − 1 rows.
    """
    found = np.full((4, n_labels - 1, patterns.shape[1]), np.nan)
    if n_labels == 1:
        return Bias(*found)
    drawn = labels[codes]
    boxes = ndimage.find_objects(drawn, n_labels - 1)
    objects, first = _objects(drawn, boxes)
    of_map = np.bincount(objects.reshape(-1), minlength=first[-1])
    hits = _hits(objects, patterns, codes, labels)
    voxel = float(np.prod(spacing))
    counts = np.bincount(codes.reshape(-1), minlength=len(patterns))
    for place, box in enumerate(boxes):
        ours = slice(first[place], first[place + 1])
        volume = int(of_map[ours].sum())
        surface = _surface(drawn[box] == place + 1, spacing) if box else 0.0
        shown = patterns == place + 1
        outside = counts @ (shown & (labels != place + 1)[:, np.newaxis])
        volumes = counts @ shown
        around = _box_of(shown.any(axis=1)[codes]) if outside.any() else None
        for voter in range(patterns.shape[1]):
            false = its_volume = 0
            if outside[voter]:
                false, its_volume = _false(shown[:, voter][codes[around]], drawn[around] == place + 1)
            hit = hits[ours, voter]
            found[2:, place, voter] = (~hit).sum(), false
            if volume:
                found[0, place, voter] = volumes[voter] / volume
            if hit.any():
                at_border = volumes[voter] - its_volume - of_map[ours][hit].sum()
                found[1, place, voter] = at_border * voxel / surface
    return Bias(*found)


def _hits(objects: np.ndarray, patterns: np.ndarray, codes: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Whether each voter has something of each object, shape (objects, K)."""
    inside = objects > 0
    pairs = np.unique(objects[inside].astype(np.int64) * len(patterns) + codes[inside])
    of_object, pattern = pairs // len(patterns), pairs % len(patterns)
    hits = np.zeros((int(objects.max(initial=0)) + 1, patterns.shape[1]), bool)
    np.logical_or.at(hits, of_object, patterns[pattern] == labels[pattern, np.newaxis])
    return hits


def _objects(drawn: np.ndarray, boxes: Sequence[tuple[slice, ...] | None]) -> tuple[np.ndarray, list[int]]:
    """Number of the object that each voxel belongs to, 0 for none, and the first number of each label, and one more."""
    objects = np.zeros(drawn.shape, np.int32)
    first = [1]
    for number, box in enumerate(boxes, 1):
        count = 0
        if box is not None:
            mask = drawn[box] == number
            parts, count = ndimage.label(mask)
            objects[box][mask] = parts[mask] + first[-1] - 1
        first.append(first[-1] + count)
    return objects, first


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
