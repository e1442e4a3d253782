"""Sources of known quality for tests of ds_rank."""

import csv
from pathlib import Path

import numpy as np

from ..label_map_files import SIZE, label_values, save
from .fuse_runs import read

NP = ("-np", 1)
NOISE = {"best": 0.02, "good": 0.06, "poor": 0.2, "worst": 0.35}
"""Share of voxels that each source draws at random."""


def truth_of(image: int) -> np.ndarray:
    return np.roll(label_values(), image % 3, axis=1)


def write_sources(folder: Path, images=6, noise=None) -> list[Path]:
    rng = np.random.default_rng(0)
    noise = NOISE if noise is None else noise
    for source, share in noise.items():
        for image in range(images):
            labels = truth_of(image)
            wrong = rng.random(SIZE) < share
            labels[wrong] = rng.integers(0, 3, int(wrong.sum()))
            save(folder / source / f"image{image}.nii.gz", labels)
    return [folder / source for source in noise]


def write_truth(folder: Path, images=range(2)) -> Path:
    for image in images:
        save(folder / f"image{image}.nii.gz", truth_of(image))
    return folder


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "ranking.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(
        np.mean([2 * ((one == v) & (other == v)).sum() / ((one == v).sum() + (other == v).sum()) for v in (1, 2)])
    )


def true_dice(source: Path, images=6) -> float:
    return float(np.mean([dice(read(source / f"image{image}.nii.gz"), truth_of(image)) for image in range(images)]))
