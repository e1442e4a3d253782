"""Candidates for the benchmarks: noisy balls, atlases of many labels with rough borders, bodies of many organs."""

import multiprocessing
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.soft_labels import ENDING, soften, write_soft_labels

_COARSE = 4
"""A body's organs are made on a grid this many times coarser, which is quicker."""

Write = Callable[[Path, tuple[int, int, int], int, int, int], None]
"""Writes candidates: folder, size, number of candidates, labels and images."""


def write_candidates(folder: Path, size: tuple[int, int, int], count: int, n_labels: int, images: int) -> None:
    """Write ``<image>__<candidate>.nii.gz``: noisy balls, further labels inside the first; 2 % foreground.

    The images are links to one, which is as much work to fuse. Call it in a process of its own: on Linux the peak
    memory of a process starts from that of its parent.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2022)
    axes = [np.linspace(-1, 1, side, dtype=np.float32) for side in size[::-1]]
    radius = np.sqrt(axes[0][:, None, None] ** 2 + axes[1][None, :, None] ** 2 + axes[2][None, None, :] ** 2) / 0.34
    for number in range(count):
        distorted = radius + 0.12 * _smooth_noise(rng, size[::-1]) + np.float32(rng.normal(0, 0.05))
        labels = np.zeros(radius.shape, np.uint8)
        for label in range(1, n_labels):
            labels[distorted < 1 - 0.35 * (label - 1)] = label
        path = folder / f"image000__c{number:03d}.nii.gz"
        sitk.WriteImage(sitk.GetImageFromArray(labels), str(path), useCompression=True)
        for image in range(1, images):
            path.with_name(f"image{image:03d}__c{number:03d}.nii.gz").hardlink_to(path)
    predictions = folder / "predictions"
    predictions.mkdir()
    probabilities = np.stack(list(_probabilities(radius, n_labels)))
    soft = soften(probabilities, range(1, n_labels), radius.shape)
    write_soft_labels(soft, predictions / f"image000{ENDING}")
    labels = np.stack([1 - probabilities.sum(axis=0), *probabilities]).argmax(axis=0)
    label_map = sitk.GetImageFromArray(labels.astype(np.uint8))
    sitk.WriteImage(label_map, str(predictions / "image000.nii.gz"), useCompression=True)
    for image in range(1, images):
        for ending in (ENDING, ".nii.gz"):
            (predictions / f"image{image:03d}{ending}").hardlink_to(predictions / f"image000{ending}")
    cases = [f"image{image:03d}__c{number:03d}" for image in range(images) for number in range(count)]
    rows = [f"{case},{rng.uniform():.4f}\n" for case in cases]
    (folder / "scores.csv").write_text("case,agreement\n" + "".join(rows))


def write_atlases(folder: Path, size: tuple[int, int, int], count: int, n_labels: int, images: int) -> None:
    """Write brains of many cells, each warped roughly, so that most foreground voxels have a pattern of their own."""
    shape = size[::-1]
    rng = np.random.default_rng(2022)
    axes = [np.linspace(-1, 1, side, dtype=np.float32) for side in shape]
    write_warped(folder, _cells(axes, rng.normal(size=(n_labels, 3)) * 0.4, 0.81), (1, 3.5), rng, count, images)


def write_bodies(folder: Path, size: tuple[int, int, int], count: int, n_labels: int, images: int) -> None:
    """Write bodies of many organs with tissue between them, as several models outline them: rough borders, 2 voxels."""
    rng = np.random.default_rng(2022)
    axes = [np.linspace(-1, 1, side // _COARSE, dtype=np.float32) for side in size[::-1]]
    cells = _cells(axes, rng.uniform(-0.9, 0.9, size=(2 * n_labels, 3)), 0.81)
    cells[cells >= n_labels] = 0  # the other cells are the tissue between the organs
    write_warped(folder, cells, (_COARSE, 2), rng, count, images)


def write_warped(
    folder: Path, labels: np.ndarray, scale: tuple[int, float], rng: np.random.Generator, count: int, images: int
) -> None:
    """Write the label map, enlarged, as candidates that are warped differently, and random scores of them.

    Args:
        folder: of the candidates.
        labels: shape (z, y, x).
        scale: how many times larger the candidates are, and the deviation of the warps in their voxels.
        rng: for the warps.
        count: number of candidates.
        images: number of images, which are links to one.
    """
    folder.mkdir(parents=True)
    larger, deviation = scale
    shape = [larger * side for side in labels.shape]
    rows = ["case,agreement\n"]
    for number in range(count):
        at = []
        for axis, side in enumerate(shape):
            moved = deviation * _smooth_noise(rng, shape, knots=7)
            moved += np.arange(side, dtype=np.float32).reshape([-1 if other == axis else 1 for other in range(3)])
            at.append((np.clip(moved, 0, side - 1) / larger).astype(np.uint16))
        warped = np.stack([labels[plane] for plane in zip(*at, strict=True)])
        path = folder / f"image000__c{number:03d}.nii.gz"
        sitk.WriteImage(sitk.GetImageFromArray(warped), str(path), useCompression=True)
        for image in range(images):
            if image:
                path.with_name(f"image{image:03d}__c{number:03d}.nii.gz").hardlink_to(path)
            rows.append(f"image{image:03d}__c{number:03d},{rng.uniform(0.5, 1):.4f}\n")
    (folder / "scores.csv").write_text("".join(rows))


def _cells(axes: Sequence[np.ndarray], seeds: np.ndarray, radius: float) -> np.ndarray:
    """Number, from 1 on, of the seed nearest to each voxel of a ball with this squared radius; 0 outside."""
    from scipy.spatial import cKDTree  # noqa: PLC0415

    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    inside = (grid**2).sum(axis=-1) < radius
    cells = np.zeros(inside.shape, np.uint8)
    cells[inside] = cKDTree(seeds).query(grid[inside])[1] + 1
    return cells


def _probabilities(radius: np.ndarray, n_labels: int) -> list[np.ndarray]:
    """Of the foreground labels, as a network gives them: unsure around the borders."""
    inside = [(1 - np.tanh(15 * (radius - 1 + 0.35 * label))) / 2 for label in range(n_labels - 1)]
    return [*(outer - inner for outer, inner in pairwise(inside)), inside[-1]]


def generate(
    folder: Path,
    size: tuple[int, int, int],
    count: int,
    n_labels: int,
    images: int,
    write: Write = write_candidates,
) -> None:
    """Call :func:`write_candidates`, or another, in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=write, args=(folder, size, count, n_labels, images))
    process.start()
    process.join()


def _smooth_noise(rng: np.random.Generator, shape: Sequence[int], knots: int = 16) -> np.ndarray:
    """Noise interpolated linearly between knots so many voxels apart."""
    noise = rng.normal(size=[side // knots + 2 for side in shape]).astype(np.float32)
    for axis, side in enumerate(shape):
        at = np.arange(side, dtype=np.float32) / knots
        left = at.astype(int)
        fraction = (at - left).reshape([-1 if other == axis else 1 for other in range(3)])
        noise = np.take(noise, left, axis) * (1 - fraction) + np.take(noise, left + 1, axis) * fraction
    return noise
