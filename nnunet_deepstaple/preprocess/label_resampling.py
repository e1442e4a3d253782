"""Label maps on another grid, as nnU-Net resamples them, in a time that hardly depends on the number of labels.

nnU-Net interpolates the indicator of every label over the whole volume and takes the largest. Where the source voxels
around an output voxel all have one label, the result is that label. So interpolation is needed only elsewhere. It uses
the weights and the order of summation of ``scipy.ndimage.zoom`` and settles ties as ``batchgenerators`` does, so all
voxels are equal to nnU-Net's.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_CHUNK = 1 << 19
"""Output voxels that are interpolated at a time, which bounds the memory."""


def resample_labels(labels: NDArray, shape: Sequence[int], nearest_axis: int | None = None) -> NDArray:
    """Resample a label map by linear interpolation of its labels' indicators.

    A tie of two labels goes to the label of the nearest source voxel if that is one of them, else to the smallest.

    Args:
        labels: label map with any number of axes.
        shape: shape of the result.
        nearest_axis: an axis along which the nearest slice is taken instead (nnU-Net's ``separate_z``).

    Returns:
        The resampled label map, of the type of ``labels``.
    """
    with np.errstate(invalid="ignore"):  # of values that are no 16-bit integers
        whole = labels.astype(np.int16)
    if labels.dtype != whole.dtype and np.array_equal(whole, labels):
        return resample_labels(whole, shape, nearest_axis).astype(labels.dtype)
    if nearest_axis is None:
        return _interpolate(labels, shape)
    wanted = _Axis.between(labels.shape[nearest_axis], shape[nearest_axis]).nearest
    slices, places = np.unique(wanted, return_inverse=True)
    here = list(shape)
    here[nearest_axis] = len(slices)
    return _interpolate(labels.take(slices, nearest_axis), here).take(places, nearest_axis)


@dataclass(frozen=True)
class _Axis:
    """Where the output voxels lie between the source voxels of one axis, the edges of which are repeated outside.

    Attributes:
        low: source voxel below each output voxel, from -1 on.
        nearest: source voxel nearest to it.
        weights: weight of the source voxel below and of that above; only one where every output voxel lies on one.
        size: source voxels.
    """

    low: NDArray[np.intp]
    nearest: NDArray[np.intp]
    weights: list[NDArray[np.float64]]
    size: int

    @classmethod
    def between(cls, old: int, new: int) -> "_Axis":
        position = (np.arange(new) + 0.5) * (old / new) - 0.5
        low = np.floor(position)
        below = 1 - (position - low)
        return cls(
            low.astype(np.intp),
            np.clip(np.floor(position + 0.5), 0, old - 1).astype(np.intp),
            [below] if old == new else [below, 1 - below],
            old,
        )

    def corner(self, number: int) -> NDArray[np.intp]:
        return np.clip(self.low + number, 0, self.size - 1)


def _interpolate(labels: NDArray, shape: Sequence[int]) -> NDArray:
    axes = [_Axis.between(old, new) for old, new in zip(labels.shape, shape, strict=True)]
    result = _take(labels, [axis.nearest for axis in axes])
    for where in _parts(np.flatnonzero(_undecided(labels, axes))):
        voxels = np.unravel_index(where, result.shape)
        result[voxels] = _largest(labels, axes, voxels, result[voxels])
    return result


def _parts(places: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
    return (places[start : start + _CHUNK] for start in range(0, len(places), _CHUNK))


def _take(array: NDArray, indices: Sequence[NDArray[np.intp]]) -> NDArray:
    for number, index in enumerate(indices):
        array = array.take(index, number)
    return array


def _undecided(labels: NDArray, axes: Sequence[_Axis]) -> NDArray[np.bool_]:
    """Output voxels whose surrounding source voxels differ."""
    smallest = largest = labels
    indices = []
    for number, axis in enumerate(axes):
        if len(axis.weights) == 1:
            indices.append(axis.low)
            continue
        width = [(int(number == other),) * 2 for other in range(labels.ndim)]
        here = (slice(None),) * number
        first, second = (*here, slice(None, -1)), (*here, slice(1, None))
        smallest, largest = np.pad(smallest, width, "edge"), np.pad(largest, width, "edge")
        smallest = np.minimum(smallest[first], smallest[second])
        largest = np.maximum(largest[first], largest[second])
        indices.append(axis.low + 1)
    return _take(smallest != largest, indices)


def _largest(labels: NDArray, axes: Sequence[_Axis], voxels: Sequence[NDArray[np.intp]], nearest: NDArray) -> NDArray:
    """Label with the largest share in each output voxel.

    Args:
        labels: source label map.
        axes: its axes.
        voxels: indices of the output voxels along each axis.
        nearest: label of the source voxel nearest to each.
    """
    corners, weights = [], []
    for corner in itertools.product(*(range(len(axis.weights)) for axis in axes)):
        places = [axis.corner(number)[voxel] for axis, number, voxel in zip(axes, corner, voxels, strict=True)]
        weight = np.ones(len(nearest))
        for axis, number, voxel in zip(axes, corner, voxels, strict=True):
            weight *= axis.weights[number][voxel]
        corners.append(labels[tuple(places)])
        weights.append(weight)

    def share(label: NDArray) -> NDArray[np.float64]:
        total = np.zeros(len(nearest))
        for other, weight in zip(corners, weights, strict=True):
            total += weight * (other == label)
        return total

    winner, most = corners[0], share(corners[0])
    for label in corners[1:]:
        part = share(label)
        better = (part > most) | ((part == most) & (label < winner))
        winner, most = np.where(better, label, winner), np.maximum(part, most)
    return np.where(share(nearest) == most, nearest, winner)
