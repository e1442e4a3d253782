"""The demo's files: images with candidates, held-out images, and the true labels kept aside.

``python -m nnunet_deepstaple.demo.data [FOLDER]`` writes them into a folder, by default the working folder.
"""

import json
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from ..datasets.case_ids import SEPARATOR
from ..files.atomic import atomic_path, write_text
from ..files.geometry import Geometry
from ..files.label_maps import write_label_map
from .anatomy import LABELS, SIZE, FloatArray, draw_candidate, draw_subject, image_of, labels_of

IMAGES = "images"
CANDIDATES = "candidates"
TRUTH = "truth"
TEST_IMAGES = "test_images"
TEST_TRUTH = "test_truth"
ENDING = ".nii.gz"

ATLASES = 12
"""Subjects whose labels are the candidates."""

_GEOMETRY = Geometry(SIZE[::-1], (1.0,) * 3, (0.0,) * 3, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


def write_data(folder: Path, images: int = 16, candidates: int = 8, test_images: int = 6, seed: int = 2022) -> None:
    """Generate the data set and write it into ``folder``.

    ``images/`` and ``candidates/`` (flat, with a dataset.json of label names) are what a user would have;
    ``truth/``, ``test_images/`` and ``test_truth/`` serve only to evaluate.

    Args:
        folder: where to write.
        images: number of images with candidates.
        candidates: number of candidates of each image, at most :data:`ATLASES`.
        test_images: number of held-out images.
        seed: seed of the random numbers; the same seed gives the same files.
    """
    for name in (IMAGES, CANDIDATES, TRUTH, TEST_IMAGES, TEST_TRUTH):
        (folder / name).mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    population = [draw_subject(random) for _ in range(ATLASES)]
    for number in range(1, images + 1):
        image = f"scan{number:02d}"
        subject = draw_subject(random)
        _write_subject(subject, folder / IMAGES, folder / TRUTH, image, random)
        for atlas in sorted(random.choice(ATLASES, candidates, replace=False)):
            labels = draw_candidate(subject, population[atlas], random)
            name = f"{image}{SEPARATOR}atlas{atlas + 1:02d}{ENDING}"
            write_label_map(labels, _GEOMETRY, folder / CANDIDATES / name)
    for number in range(1, test_images + 1):
        _write_subject(draw_subject(random), folder / TEST_IMAGES, folder / TEST_TRUTH, f"test{number:02d}", random)
    write_text(folder / CANDIDATES / "dataset.json", json.dumps({"labels": LABELS}, indent=2) + "\n")


def _write_subject(subject: FloatArray, images: Path, truth: Path, name: str, random: np.random.Generator) -> None:
    image = sitk.GetImageFromArray(image_of(subject, random))
    _GEOMETRY.apply_to(image)
    with atomic_path(images / f"{name}_0000{ENDING}") as temporary:
        sitk.WriteImage(image, str(temporary), useCompression=True)
    write_label_map(labels_of(subject), _GEOMETRY, truth / f"{name}{ENDING}")


def _command() -> None:
    folder = Path(*sys.argv[1:])
    write_data(folder)
    counts = {name: len(list((folder / name).glob(f"*{ENDING}"))) for name in (IMAGES, CANDIDATES, TRUTH, TEST_IMAGES)}
    print("written     " + ", ".join(f"{name} ({count})" for name, count in counts.items()))


if __name__ == "__main__":
    _command()
