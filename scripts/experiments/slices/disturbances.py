"""Disturbing a label map on purpose, as a failed registration might."""

import numpy as np
from scipy import ndimage


def disturb(labels: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    """Turn, scale, shear and roll the labels of a slice.

    The angle is drawn from ±15° · strength, the logarithm of the scale and the shear from ±0.1 · strength, and the
    roll along each axis from ±2 voxels · strength, all uniformly. What rolls out on one side comes in on the other.

    Args:
        labels: shape (y, x).
        strength: 0 leaves the labels as they are.
        random: source of the draws.
    """
    angle = np.deg2rad(15 * strength) * random.uniform(-1, 1)
    scale = np.exp(0.1 * strength * random.uniform(-1, 1, 2))
    shear = 0.1 * strength * random.uniform(-1, 1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = turn @ np.array([[1, shear], [0, 1]]) @ np.diag(scale)
    centre = (np.array(labels.shape) - 1) / 2
    if labels.any():
        centre = np.argwhere(labels).mean(axis=0)
    moved = ndimage.affine_transform(labels, matrix, offset=centre - matrix @ centre, order=0)
    shifts = np.rint(2 * strength * random.uniform(-1, 1, 2)).astype(int)
    return np.roll(moved, shifts.tolist(), axis=(0, 1))


def choose(number: int, share: float, random: np.random.Generator) -> np.ndarray:
    """Which of so many cases are disturbed, shape (N,), bool; as near to the share as whole cases allow."""
    chosen = np.zeros(number, bool)
    chosen[random.permutation(number)[: round(share * number)]] = True
    return chosen


def disturb_as_the_paper(labels: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    """Disturb the labels of a slice as Weihsbach et al. do in Experiment I.

    Either an affine map, I + 0.09 · strength · N(0, 1) with a shift of 0.18 · strength half widths in a random
    direction, or transposed and rolled by N(0, 1) · 10 · strength pixels along each axis; both equally often.

    Args:
        labels: shape (y, x).
        strength: 2 in the paper's figure.
        random: source of the draws.
    """
    if random.random() < 0.5:
        shifts = np.rint(random.normal(0, 10 * strength, 2)).astype(int)
        turned = np.zeros_like(labels)
        rows, columns = (min(one, other) for one, other in zip(labels.shape, labels.T.shape, strict=True))
        turned[:rows, :columns] = labels.T[:rows, :columns]
        return np.roll(turned, shifts.tolist(), axis=(0, 1))
    matrix = np.eye(2) + 0.09 * strength * random.normal(size=(2, 2))
    angle = random.uniform(0, 2 * np.pi)
    shift = 0.18 * strength * np.array([np.cos(angle), np.sin(angle)]) * np.array(labels.shape) / 2
    centre = (np.array(labels.shape) - 1) / 2
    return ndimage.affine_transform(labels, matrix, offset=centre - matrix @ centre + shift, order=0)
