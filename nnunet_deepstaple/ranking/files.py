"""ranking.csv, images.csv and ranking.json."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..files.atomic import write_text, writing
from .ceiling import Ceiling
from .images import JudgedImage
from .ranking import MEAN, LabelRanking
from .sketches import Difference

CSV, JSON, IMAGES = "ranking.csv", "ranking.json", "images.csv"

FORMAT = 1
"""Of ranking.json."""

COLUMNS = ("source", "label", "images", "dice", "low", "high", "rank", "group")


@dataclass(frozen=True)
class Ranking:
    """All that a ranking found.

    Attributes:
        labels: the mean over labels first, then each label.
        sources: names, in the order of the matrices.
        images: number of images.
        truths: how many of them have true labels.
        assumed: what a user said of the ceiling; None without.
        tolerance: of the surface Dice, in mm.
        pairs: mean Dice of each pair of sources, shape (K, K).
        together: how far they are one, from 0 to 1, shape (K, K).
        judged: the images, the one whose correction gains most first.
        differences: the images in which each source falls behind the others most.
        notes: what a user should know, one sentence each.
    """

    labels: Sequence[LabelRanking]
    sources: Sequence[str]
    images: int
    truths: int
    assumed: Ceiling | None
    tolerance: float
    pairs: np.ndarray
    together: np.ndarray
    judged: Sequence[JudgedImage]
    differences: Mapping[str, Sequence[Difference]]
    notes: Sequence[str]


def write_ranking(ranking: Ranking, folder: Path) -> None:
    """Write the three files into a folder, which is made if it is not there.

    Raises:
        InputError: they cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / CSV, to_csv(ranking))
        write_text(folder / IMAGES, images_csv(ranking))
        write_text(folder / JSON, to_json(ranking))


def to_csv(ranking: Ranking) -> str:
    """One row a label and source, the best first."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for label in ranking.labels:
        for one in label.sources:
            numbers = (f"{value:.4f}" for value in (one.dice, one.low, one.high))
            writer.writerow([one.source, label.name, one.images, *numbers, one.rank, one.group])
    return text.getvalue()


def images_csv(ranking: Ranking) -> str:
    """One row an image and label of its consensus, in the order in which to look at them."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["look_first", "image", "label", "dice", "low", "high", "odd_candidates"])
    for place, one in enumerate(ranking.judged, 1):
        odd = "; ".join(one.odd)
        writer.writerow([place, one.image, MEAN, f"{1 - one.gain:.4f}", "", "", odd])
        for name, expected in one.structures.items():
            numbers = (f"{value:.4f}" for value in (expected.dice, expected.low, expected.high))
            writer.writerow([place, one.image, name, *numbers, ""])
    return text.getvalue()


def to_json(ranking: Ranking) -> str:
    """All numbers, with a format number."""
    content = {
        "format": FORMAT,
        "version": __version__,
        "images": ranking.images,
        "images_with_truth": ranking.truths,
        "assumed_ceiling": None if ranking.assumed is None else [ranking.assumed.low, ranking.assumed.high],
        "surface_tolerance_mm": ranking.tolerance,
        "notes": list(ranking.notes),
        "labels": [_of_label(label) for label in ranking.labels],
        "sources": list(ranking.sources),
        "behind_most": {name: [one.image for one in found] for name, found in ranking.differences.items()},
        "pairwise_dice": ranking.pairs.tolist(),
        "dependence": ranking.together.tolist(),
    }
    return json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _of_label(label: LabelRanking) -> dict[str, Any]:
    return {
        "label": label.name,
        "ceiling": label.ceiling.mean,
        "ceiling_deviation": label.ceiling.deviation,
        "more_truths_to_halve": label.more_truths,
        "sources": [asdict(one) for one in label.sources],
    }


def _plain(value: Any) -> Any:
    """Round numbers to what they can tell; NaN becomes null."""
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
