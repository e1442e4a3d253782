"""A small dataset that a small network learns in seconds, for every kind of training.

The second of an image's two channels shows a ball, one half bright (label 1) and one half dark (label 2); the first is
noise. Its candidates are its true labels, moved by 1, 4 and 8 voxels: ``near``, ``far`` and ``off``. In each of them a
box is marked to be ignored (label 3).
"""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy.stats import spearmanr

from nnunet_deepstaple.scoring.scores import read_scores
from nnunet_deepstaple.scoring.visit_log import VisitLog, read_visit_log

IMAGES = [f"scan{number}" for number in range(5)]
OFFSETS = {"near": 1, "far": 4, "off": 8}
SIZE = (16, 32, 32)
SLICE = 32 * 32
BRIGHT, DARK, IGNORED = 1, 2, 3

CLASSES = {"labels": {"background": 0, "bright": BRIGHT, "dark": DARK, "ignore": IGNORED}}
REGIONS = {
    "labels": {"background": 0, "ball": [BRIGHT, DARK], "dark": DARK, "ignore": IGNORED},
    "regions_class_order": [BRIGHT, DARK],
}


def write_data(folder: Path) -> None:
    """Write ``images/``, ``candidates/``, and the labels as ``classes.json`` and as ``regions.json``."""
    random = np.random.default_rng(0)
    for name in ("images", "candidates"):
        (folder / name).mkdir(parents=True)
    for image in IMAGES:
        centre = random.uniform((6, 13, 13), (9, 18, 18))
        shown = np.array([0, 2, -2])[_ball(centre)]
        for channel, intensity in enumerate((0, shown)):
            _write(folder / "images" / f"{image}_{channel:04d}.nii.gz", intensity + random.normal(0, 0.2, SIZE))
        for candidate, offset in OFFSETS.items():
            angle = random.uniform(0, 2 * np.pi)
            labels = _ball(centre + offset * np.array([0, np.cos(angle), np.sin(angle)]))
            z, y, x = random.integers((0, 0, 0), (10, 22, 22))
            labels[z : z + 6, y : y + 10, x : x + 10] = IGNORED
            _write(folder / "candidates" / f"{image}__{candidate}.nii.gz", labels)
    (folder / "classes.json").write_text(json.dumps(CLASSES))
    (folder / "regions.json").write_text(json.dumps(REGIONS))


def check_scores(fold: Path, *, train: int, val: int, trust: bool = False) -> VisitLog:
    """Check that every visit of a training counts and that its scores know the candidates; give its visits.

    Args:
        fold: the fold's folder.
        train: visits of training cases that there must be.
        val: visits that there must be of cases that are only validated on.
        trust: whether these are visits enough for the data parameters, too, to know the candidates.
    """
    scores, log = read_scores(fold / "scores.csv"), read_visit_log(fold / "visits.gz")
    offsets = {f"{image}__{candidate}": offset for image in IMAGES for candidate, offset in OFFSETS.items()}
    visits = scores.column("visits")
    assert sorted(visits) == sorted(log.cases) == sorted(offsets)
    assert sum(visits[case] for case in log.train) == train
    assert sum(visits[case] for case in log.val) == val
    assert min(visits.values()) > 0
    for column in scores.columns:
        assert np.isfinite(list(scores.column(column).values())).all(), column
    assert _spearman(scores.column("agreement"), offsets) < -0.8
    for column in ("agreement", *(f"agreement_{label}" for label in log.labels)):
        agreement = scores.column(column)
        assert _spearman(agreement, offsets) < -0.5, column
        for image in IMAGES:
            assert agreement[f"{image}__near"] > agreement[f"{image}__off"], (column, image)
    data_parameter = scores.column("data_parameter")
    assert all(data_parameter.values())  # none is 0, where they begin
    assert not trust or _spearman(data_parameter, offsets) < -0.5
    return log


def check_counts(log: VisitLog, labels: Path, heads: Iterable[list[int]]) -> None:
    """Check what was counted in slices, exactly where candidates are shown as they lie in ``labels``: in validation.

    Args:
        log: the visits of a training in 2d.
        labels: folder of the candidates.
        heads: label values of each class or region.
    """
    visits = log.visits
    assert (visits["voxels"] < SLICE).any()
    for field in ("labelled", "predicted"):
        assert (visits[field] <= visits["voxels"]).all()
    counts = {case: _counts(_read(labels / f"{case}.nii.gz"), heads) for case in log.val}
    for visit in visits[visits["case"] >= len(log.train)]:
        case = log.cases[visit["case"]]
        seen = (visit["voxels"], visit["labelled"], *(visit["tp"] + visit["fn"]))
        assert seen in counts[case], case


def _counts(labels: np.ndarray, heads: Iterable[list[int]]) -> set[tuple[int, ...]]:
    """Voxels that count, foreground, and voxels of each head, in any patch of a candidate.

    A patch as large as a slice may begin anywhere in it, and has nothing but background beyond its end.
    """
    masks = [labels == IGNORED, np.isin(labels, (BRIGHT, DARK)), *(np.isin(labels, head) for head in heads)]
    ignored, *labelled = (mask[:, ::-1, ::-1].cumsum(1).cumsum(2).ravel().tolist() for mask in masks)
    return set(zip((SLICE - number for number in ignored), *labelled, strict=True))


def _ball(centre: np.ndarray) -> np.ndarray:
    z, y, x = np.meshgrid(*map(np.arange, SIZE), indexing="ij")
    distance = np.sqrt(((z - centre[0]) / 0.7) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2)
    return np.where(distance < 9, np.where(y < centre[1], BRIGHT, DARK), 0).astype(np.uint8)


def _spearman(scores: dict[str, float], offsets: dict[str, int]) -> float:
    return spearmanr([scores[case] for case in offsets], list(offsets.values())).statistic


def _write(path: Path, values: np.ndarray) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(values), str(path))


def _read(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
