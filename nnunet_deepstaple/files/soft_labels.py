"""Soft labels: how probable each label is in each voxel, beside a label map that tells only the most probable one.

``<image>.soft.npz`` lies beside ``<image><ending>``. It holds, for each foreground label whose probability rounds to
1/255 or more somewhere, eight bits a voxel inside the label's own bounding box, deflated and with a checksum. NumPy
reads it anywhere:

    ========  ===========  =========================================================
    array     shape        content
    ========  ===========  =========================================================
    shape     (D,)         of the image, (z, y, x) or (y, x)
    labels    (L,)         label values, ascending, without the background
    boxes     (L, D, 2)    first and one past the last voxel of each label, axis by axis
    shares    (N,)         uint8, 255 for certain; label by label, each box in C order
    ========  ===========  =========================================================

The background has what the others leave.
"""

import math
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from .arrays import read_arrays
from .atomic import atomic_path, writing
from .endings import ending_of
from .unreadable import unreadable

ENDING = ".soft.npz"
CERTAIN = 255
"""Share that stands for a probability of one."""

MAX_LABELS = 1 << 16
"""Labels that a label map can hold."""

_PREDICTED = 1024
"""Labels that a network may predict."""

_MISFIT = 0.05
"""Part of the foreground in which probabilities may favour another label than the label map beside them."""

_UNREADABLE = (OSError, ValueError, KeyError, EOFError, IndexError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class SoftLabel:
    """One label's probability where it is not zero.

    Attributes:
        label: its value, from 1 on.
        box: slices of the image, (z, y, x) or (y, x).
        shares: probability times 255, shape of the box, uint8.
    """

    label: int
    box: tuple[slice, ...]
    shares: np.ndarray


@dataclass(frozen=True)
class SoftLabels:
    """Probabilities of the foreground labels of an image of ``shape``, (z, y, x) or (y, x), by ascending label."""

    shape: tuple[int, ...]
    labels: Sequence[SoftLabel]


def soft_labels_beside(label_map: Path) -> Path:
    """Where the soft labels of a label map lie, if it has any."""
    return label_map.with_name(label_map.name.removesuffix(ending_of(label_map)) + ENDING)


def soften(probabilities: Iterable[np.ndarray], values: Iterable[int], shape: Sequence[int]) -> SoftLabels:
    """Round probabilities to eight bits and crop each label to where it has any.

    Args:
        probabilities: of each label, from 0 to 1, shape (z, y, x) or (y, x), or (1, y, x) for an image of shape (y, x).
        values: label of each, ascending; the background, 0, is left out.
        shape: of the image.
    """
    labels = []
    for label, probability in zip(values, probabilities, strict=True):
        if label == 0:
            continue
        shares = np.rint(np.asarray(probability, np.float32).reshape(shape) * CERTAIN).astype(np.uint8)
        if shares.any():
            box = _box(shares)
            labels.append(SoftLabel(label, box, shares[box].copy()))
    return SoftLabels(tuple(shape), labels)


def check_fit(soft: SoftLabels, label_map: np.ndarray, path: Path) -> None:
    """Check that soft labels, read from ``path``, belong to the label map beside them, shape (z, y, x) or (y, x).

    Raises:
        InputError: they favour other labels, as probabilities of regions do.
    """
    around = _around([one.box for one in soft.labels], label_map.ndim)
    inside = label_map[around]
    largest, own = np.zeros(inside.shape, np.int16), np.zeros(inside.shape, np.int16)
    background = np.full(inside.shape, CERTAIN, np.int16)
    for one in soft.labels:
        box = tuple(
            slice(side.start - by.start, side.stop - by.start) for side, by in zip(one.box, around, strict=True)
        )
        background[box] -= one.shares
        np.maximum(largest[box], one.shares, out=largest[box])
        np.copyto(own[box], one.shares, where=inside[box] == one.label)
    np.copyto(own, background, where=inside == 0)
    outside = np.count_nonzero(label_map) - np.count_nonzero(inside)  # labelled where the background is certain
    foreground = np.count_nonzero((largest > background) | (inside > 0)) + outside
    rounding = 1 + len(soft.labels)  # each share is rounded, and the background is what they leave
    misfits = np.count_nonzero(np.maximum(largest, background) - own > rounding) + outside
    if misfits > _MISFIT * foreground:
        raise InputError(
            f"{path} does not fit its label map (regions instead of labels? postprocessed?); move it away, so that "
            "the label map votes alone"
        )


def read_probabilities(path: Path, shape: tuple[int, ...]) -> SoftLabels:
    """Read what ``nnUNetv2_predict --save_probabilities`` left beside a label map, rounded to eight bits.

    Args:
        path: the ``.npz`` file.
        shape: of the label map.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        [probabilities] = read_arrays(path, {"probabilities": _PREDICTED * 8 * math.prod(shape)})
        return soften(probabilities, range(len(probabilities)), shape)
    except _UNREADABLE as error:
        raise _unreadable(path, error, "probabilities of nnUNetv2_predict; predict again") from error


def _around(boxes: Sequence[tuple[slice, ...]], axes: int) -> tuple[slice, ...]:
    """Smallest box that holds all of them, in an image of so many axes; an empty one for none."""
    return tuple(
        slice(min((box[axis].start for box in boxes), default=0), max((box[axis].stop for box in boxes), default=0))
        for axis in range(axes)
    )


def _box(shares: np.ndarray) -> tuple[slice, ...]:
    """Smallest box of all that is not zero; there is something."""
    axes = range(shares.ndim)
    found = [np.flatnonzero(shares.any(axis=tuple(other for other in axes if other != axis))) for axis in axes]
    return tuple(slice(int(indices[0]), int(indices[-1]) + 1) for indices in found)


def write_soft_labels(soft: SoftLabels, path: Path) -> None:
    """Write soft labels; whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    boxes = [[(side.start, side.stop) for side in one.box] for one in soft.labels]
    shares = [one.shares.ravel() for one in soft.labels]
    with writing(path), atomic_path(path) as temporary:
        np.savez_compressed(
            temporary,
            shape=np.array(soft.shape),
            labels=np.array([one.label for one in soft.labels], np.uint16),
            boxes=np.array(boxes, np.int64).reshape(-1, len(soft.shape), 2),
            shares=np.concatenate([*shares, np.zeros(0, np.uint8)]),
        )


def read_soft_labels(path: Path, shape: tuple[int, ...]) -> SoftLabels:
    """Read soft labels.

    Args:
        path: the file.
        shape: of the label map that they lie beside.

    Raises:
        InputError: the file cannot be read, or belongs to an image of another shape.
    """
    try:
        most = {"shape": 64, "labels": 8 * MAX_LABELS, "boxes": 64 * MAX_LABELS}
        found, labels, boxes = read_arrays(path, most)
        sides = boxes[..., 1] - boxes[..., 0]
        _check_boxes(found, labels, boxes)
        [shares] = read_arrays(path, {"shares": int(sides.prod(axis=1).sum())})
        parts = np.split(shares, np.cumsum(sides.prod(axis=1))[:-1]) if len(labels) else []
        soft = SoftLabels(
            tuple(found.tolist()),
            [
                SoftLabel(int(label), tuple(slice(*side) for side in box), part.reshape(side_lengths))
                for label, box, part, side_lengths in zip(labels, boxes.tolist(), parts, sides, strict=True)
            ],
        )
    except _UNREADABLE as error:
        raise _unreadable(path, error, "soft labels; train again, or remove it to fuse without") from error
    if soft.shape != shape:
        raise InputError(f"{path} belongs to an image of shape {soft.shape}, its label map has {shape}; remove it")
    return soft


def _check_boxes(shape: np.ndarray, labels: np.ndarray, boxes: np.ndarray) -> None:
    """Make sure that each label has one box, which lies in the image.

    Raises:
        ValueError: one does not.
    """
    if shape.ndim != 1 or not 2 <= len(shape) <= 3 or boxes.shape != (len(labels), len(shape), 2):
        raise ValueError("the boxes are not those of the labels")
    if shape.dtype.kind not in "iu" or labels.dtype.kind not in "iu" or boxes.dtype.kind not in "iu":
        raise ValueError("the boxes are no integers")
    inside = (boxes[..., 0] >= 0) & (boxes[..., 0] < boxes[..., 1]) & (boxes[..., 1] <= shape)
    if not inside.all() or (labels <= 0).any() or (np.diff(labels.astype(np.int64)) <= 0).any():
        raise ValueError("a box does not lie in the image, or labels do not ascend")


def _unreadable(path: Path, error: Exception, kind: str) -> InputError:
    if isinstance(error, PermissionError):
        return unreadable(path, error)
    return InputError(f"{path} cannot be read as {kind}")
