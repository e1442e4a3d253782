"""What each atlas is worth in each voxel: compare its patch there with the target's and with those of other atlases.

Wang, Suh, Das, Pluta, Craige and Yushkevich, "Multi-Atlas Segmentation with Joint Label Fusion", IEEE TPAMI 35(3),
2013. Let e_k(p) be how unlike the target and atlas k are in voxel p of a patch. The weights of the atlases are
w = M⁻¹1 / 1ᵀM⁻¹1. M_jk is (Σ_p e_j(p) e_k(p))^β, divided by the mean of the diagonal, plus a ridge on the diagonal.
Atlases whose patches err in the same places share one vote.

Errors are whole numbers, and box filters sum them. Only the patches at the best shift are gathered.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...files.boxes import Box
from .features import Triple

Unlikeness = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Compares two arrays of features element by element: whole numbers from 0 on, uint8."""

_AT_ONCE = 256
"""Voxels whose patches are gathered at once."""


@dataclass(frozen=True)
class Patches:
    """How patches are compared.

    Attributes:
        radius: voxels from a patch's centre to its border, (z, y, x).
        search: largest shift of an atlas' patch from the target's, in voxels, (z, y, x).
        power: β, the power to which the atlases' common errors are raised.
        ridge: added to M's diagonal, which has the mean 1 before.
    """

    radius: Triple
    search: Triple
    power: float = 2.0
    ridge: float = 0.1

    @property
    def shifts(self) -> list[Triple]:
        """All shifts of the search, the shortest first."""
        along_z, along_y, along_x = (range(-reach, reach + 1) for reach in self.search)
        return sorted(
            itertools.product(along_z, along_y, along_x), key=lambda shift: (sum(step * step for step in shift), shift)
        )

    @property
    def margin(self) -> Triple:
        """Voxels around :func:`joint_box` in which features are needed."""
        z, y, x = (radius + search for radius, search in zip(self.radius, self.search, strict=True))
        return z, y, x


class PatchWeights:
    """Weights and shifts of each atlas' patches, kept only for patches that reach a voxel in which voters differ."""

    def __init__(self, differ: np.ndarray, patches: Patches, prior: np.ndarray) -> None:
        """Find the patches.

        Args:
            differ: where voters differ, shape of the box.
            patches: how they are compared.
            prior: factor of each atlas' weights, shape (K,).
        """
        from scipy import ndimage  # noqa: PLC0415 (--help needs none of it)

        self._patches, self._shifts, self._prior = patches, patches.shifts, prior
        self.near = near = ndimage.maximum_filter(differ, [2 * r + 1 for r in patches.radius], mode="constant")
        inner = tuple(slice(r, r + size) for r, size in zip(patches.radius, near.shape, strict=True))
        self._row = np.full([size + 2 * r for size, r in zip(near.shape, patches.radius, strict=True)], -1, np.int32)
        self._row[inner][near] = np.arange(near.sum(), dtype=np.int32)
        # The last row stands for all voxels without weights.
        self._weights = np.zeros((int(near.sum()) + 1, len(prior)), np.float32)
        self._shift = np.zeros(self._weights.shape, np.min_scalar_type(len(self._shifts)))

    def around(self, tile: Box) -> tuple[np.ndarray, np.ndarray]:
        """Weights and shifts of all patches that reach a tile, each of shape (K, …), one radius more on each side."""
        rows = self._row[tuple(slice(s.start, s.stop + 2 * r) for s, r in zip(tile, self._patches.radius, strict=True))]
        weights, shifts = (np.moveaxis(values[rows], -1, 0) for values in (self._weights, self._shift))
        return np.ascontiguousarray(weights), np.ascontiguousarray(shifts)

    def find(self, tile: Box, target: np.ndarray, warped: Sequence[np.ndarray], unlikeness: Unlikeness) -> None:
        """Compute weights and shifts of the patches whose centres lie in a tile."""
        radius = self._patches.radius
        rows = self._row[tuple(slice(s.start + r, s.stop + r) for s, r in zip(tile, radius, strict=True))]
        centres = np.nonzero(rows >= 0)
        errors = self._errors(tile, target, warped, unlikeness)
        shift = _most_alike(errors, radius)[of_each(centres)].T  # (V, K)
        corners = np.ravel_multi_index(centres, errors.shape[2:])
        offsets = np.ravel_multi_index(np.indices([2 * r + 1 for r in radius]).reshape(3, -1), errors.shape[2:])
        n_atlases, size = errors.shape[1], int(np.prod(errors.shape[2:]))
        first = (shift.astype(np.intp) * n_atlases + np.arange(n_atlases)) * size + corners[:, np.newaxis]
        flat = errors.reshape(-1)
        weights = np.empty(shift.shape, np.float32)
        for start in range(0, len(weights), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            patches = flat[first[some, :, np.newaxis] + offsets].astype(np.float32)
            weights[some] = _joint_weights(patches, self._patches, self._prior)
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
            target[of_each(here)],
            np.stack([atlas[of_each(wider)] for atlas in warped], axis=1),
        )
        shape = fixed.shape[1:]
        errors = np.empty((len(self._shifts), len(warped), *shape), np.uint8)
        for error, shift in zip(errors, self._shifts, strict=True):
            there = tuple(slice(d + s, d + s + n) for d, s, n in zip(search, shift, shape, strict=True))
            of_channels = [
                unlikeness(atlases[of_each(there)], image) for atlases, image in zip(moving, fixed, strict=True)
            ]
            error[:] = of_channels[0] if len(of_channels) == 1 else np.mean(of_channels, axis=0)
        return errors


def _most_alike(errors: np.ndarray, radius: Triple) -> np.ndarray:
    """Shift at which each atlas' patch is most like the target's, (K, …); the first one if several are equal.

    Args:
        errors: of each shift, shape (shifts, K, …), uint8.
        radius: of the patches.
    """
    best: np.ndarray | None = None
    shift = np.zeros(0, np.uint8)
    for index, error in enumerate(errors):
        distance = box_sum(np.multiply(error, error, dtype=np.int32), radius)
        if best is None:
            best, shift = distance, np.zeros(distance.shape, np.min_scalar_type(len(errors)))
        else:
            np.copyto(shift, index, where=distance < best, casting="unsafe")
            np.minimum(best, distance, out=best)
    return shift


def _joint_weights(errors: np.ndarray, patches: Patches, prior: np.ndarray) -> np.ndarray:
    """Weights of K atlases in V voxels.

    Args:
        errors: of the atlases' patches, shape (V, K, voxels of a patch).
        patches: β and the ridge.
        prior: factor of the weights, shape (K,).

    Returns:
        Weights that sum to one, shape (V, K). Negative ones are set to 0.
    """
    common = np.matmul(errors, errors.transpose(0, 2, 1)).astype(np.float64).transpose(1, 2, 0)
    common **= patches.power
    diagonal = np.einsum("kkv->kv", common)  # a view
    mean = diagonal.mean(axis=0)
    common /= np.where(mean > 0, mean, 1)
    diagonal += patches.ridge
    weights = np.maximum(_solved(common), 0) * prior[:, np.newaxis]
    weights[:, ~weights.any(axis=0)] = prior[:, np.newaxis]  # where all weights are 0, the prior decides
    return (weights / weights.sum(axis=0)).T


def _solved(matrices: np.ndarray) -> np.ndarray:
    """M⁻¹1 of V positive definite matrices, shape (K, V); the matrices, shape (K, K, V), are overwritten.

    Gaussian elimination works on all matrices at once. For small ones this is many times quicker than one call of
    LAPACK for each.
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


def of_each(index: Sequence[Any]) -> tuple[Any, ...]:
    """Index that applies ``index`` to each array along the first axis."""
    return (slice(None), *index)


def box_sum(values: np.ndarray, radius: Triple) -> np.ndarray:
    """Sums over patches along the last three axes; each axis gets shorter by twice the radius."""
    for axis, reach in zip((-3, -2, -1), radius, strict=True):
        if reach:
            along = np.moveaxis(values, axis, 0)  # a view
            length = len(along) - 2 * reach
            sums = along[:length] + along[1 : 1 + length]
            for step in range(2, 2 * reach + 1):
                sums += along[step : step + length]
            values = np.moveaxis(sums, 0, axis)
    return values
