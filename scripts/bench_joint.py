"""What joint fusion costs: ours beside ANTs' (antspyx) and SimpleITK's LabelVoting, on generated atlases.

    python -m scripts.bench_joint              80 × 90 × 90 voxels, 10 atlases, 4 labels
    python -m scripts.bench_joint --scale      growth over atlases and disputed voxels, and 256 × 256 × 160 voxels

Every measurement runs in a process of its own: CPU seconds of the fusion (no files are read), and peak memory.
"""

import argparse
import importlib.util
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.weights.joint import JointOptions, disputed_patterns, joint_votes_by_images

from .ants_joint_fusion import fuse_by_ants

SMALL, LARGE = (80, 90, 90), (160, 256, 256)


@dataclass(frozen=True)
class Atlases:
    """A target, and K atlases warped to it not quite rightly.

    Attributes:
        image: shape (z, y, x), float32.
        label_maps: K arrays of that shape.
        warped: the atlases' images.
    """

    image: np.ndarray
    label_maps: list[np.ndarray]
    warped: list[np.ndarray]


def generate(shape: tuple[int, ...], count: int, shift: float = 1.5) -> Atlases:
    """Four structures in textured tissue; each atlas is displaced by ``shift`` voxels, here more and there less."""
    random = np.random.default_rng(2022)
    grid = np.meshgrid(*(np.linspace(-1, 1, size, dtype=np.float32) for size in shape), indexing="ij", sparse=True)
    labels = np.zeros(shape, np.uint8)
    for label, x in enumerate((-0.5, -0.2, 0.2, 0.5), start=1):
        labels[(grid[0] / 0.5) ** 2 + (grid[1] / 0.4) ** 2 + ((grid[2] - x) / 0.14) ** 2 < 1] = label
    image = 100 + 30.0 * labels + 20 * _smooth(random, shape, 2)
    image = image.astype(np.float32)
    label_maps, warped = [], []
    for _ in range(count):
        places = [
            np.clip(np.rint(axis + shift * _smooth(random, shape, 6)), 0, size - 1).astype(np.intp)
            for axis, size in zip(np.ogrid[tuple(slice(size) for size in shape)], shape, strict=True)
        ]
        label_maps.append(labels[tuple(places)])
        warped.append(image[tuple(places)] + random.normal(0, 5, shape).astype(np.float32))
    return Atlases(image, label_maps, warped)


def _smooth(random: np.random.Generator, shape: tuple[int, ...], width: int) -> np.ndarray:
    coarse = random.normal(size=[size // (2 * width) + 2 for size in shape]).astype(np.float32)
    fine = ndimage.zoom(coarse, [size / side for size, side in zip(shape, coarse.shape, strict=True)], order=1)
    return fine / fine.std()


def ours(data: Atlases, features: str, search: int = 1) -> None:
    """Joint votes by features, from arrays of labels and images to shares."""
    votes = collect_votes(data.label_maps)
    count = len(data.label_maps)
    images: Iterator[list[np.ndarray]] = ([image] for image in (data.image, *data.warped))
    options = JointOptions(features, search=search)
    joint_votes_by_images(votes, np.full(count, 1 / count), range(count), images, (1.0,) * 3, options)


def ants(data: Atlases) -> None:
    """ANTs' joint fusion with the same radius and search."""
    fuse_by_ants(data.image, data.label_maps, data.warped)


def label_voting(data: Atlases) -> None:
    """SimpleITK's majority, which looks at no images."""
    sitk.LabelVoting([sitk.GetImageFromArray(labels) for labels in data.label_maps])


def nothing(data: Atlases) -> None:
    """The data alone."""


WAYS: dict[str, Callable[[Atlases], None]] = {
    "intensity": lambda data: ours(data, "intensity"),
    "MIND": lambda data: ours(data, "mind"),
    "intensity, search 2": lambda data: ours(data, "intensity", 2),
    "ANTs": ants,
    "SimpleITK LabelVoting": label_voting,
    "the data alone": nothing,
}


def measure(way: str, shape: tuple[int, ...], count: int, shift: float) -> tuple[float, float, int]:
    """CPU seconds, peak memory of the process in GB, and disputed voxels."""
    data = generate(shape, count, shift)
    votes = collect_votes(data.label_maps)
    disputed = int(votes.counts[disputed_patterns(votes)].sum())
    if way != "the data alone":
        WAYS[way](generate((20, 20, 20), 3))  # imports are no part of it
    start = _cpu()
    WAYS[way](data)
    return _cpu() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, disputed


def _cpu() -> float:
    return time.process_time()


def line(way: str, shape: tuple[int, ...], count: int, shift: float = 1.5) -> float:
    """Measure in a process of its own, and print."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        seconds, memory, disputed = pool.submit(measure, way, shape, count, shift).result()
    size = " × ".join(map(str, shape))
    print(
        f"{size:>16} {count:3} atlases {disputed:8} disputed  {way:24} {seconds:7.2f} CPU s {memory:6.2f} GB",
        flush=True,
    )
    return seconds


def main() -> None:
    """Entry point."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scale", action="store_true", help="growth over atlases, disputed voxels and volume")
    given = arguments.parse_args()
    if given.scale:
        for count in (5, 10, 20):
            line("intensity", SMALL, count)
        for shift in (0.5, 1.0, 2.0):
            line("intensity", SMALL, 10, shift)
        for way in ("the data alone", "intensity", "MIND"):
            line(way, LARGE, 10)
        return
    found = {way: line(way, SMALL, 10) for way in WAYS if way != "ANTs" or importlib.util.find_spec("ants")}
    if "ANTs" in found:
        for way in ("intensity", "MIND"):
            print(f"ANTs / {way}: {found['ANTs'] / found[way]:.1f}")


if __name__ == "__main__":
    main()
