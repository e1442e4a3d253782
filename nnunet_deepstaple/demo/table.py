"""What came out of the demo, measured against the true labels that were kept aside."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from ..datasets.case_ids import split_case
from ..files.label_maps import read_label_map
from ..scoring.scores import read_scores
from . import data, story
from .anatomy import LABELS


@dataclass(frozen=True)
class Correlation:
    """Spearman correlation of a score with the true Dice.

    Attributes:
        within: mean over images of the correlation among an image's candidates.
        overall: correlation among all candidates.
    """

    within: float
    overall: float


@dataclass(frozen=True)
class Results:
    """All numbers of the demo.

    Attributes:
        training: mean Dice on the images with candidates, by what was compared with the truth.
        test: mean Dice on the held-out images.
        correlations: how well each score orders the candidates.
    """

    training: dict[str, float]
    test: dict[str, float]
    correlations: dict[str, Correlation]


def evaluate(folder: Path) -> Results:
    """Compare the demo's results in ``folder`` with the true labels."""
    candidates = {
        path.name.removesuffix(data.ENDING): _dice_of_files(path, folder / data.TRUTH / f"{image}{data.ENDING}")
        for path in sorted((folder / data.CANDIDATES).glob(f"*{data.ENDING}"))
        for image, _ in [split_case(path.name.removesuffix(data.ENDING))]
    }
    by_image = _group(candidates)
    scores = read_scores(story.first_network(folder).fold / "scores.csv")
    return Results(
        training={
            "random candidate": _mean(candidates.values()),
            "best candidate": _mean(max(dice.values()) for dice in by_image.values()),
            "majority vote": _folder_dice(folder / story.fused("majority"), folder / data.TRUTH),
            "STAPLE": _folder_dice(folder / story.fused("staple"), folder / data.TRUTH),
            "weighted consensus": _folder_dice(folder / story.fused("weighted"), folder / data.TRUTH),
        },
        test={"second network": _folder_dice(folder / story.PREDICTIONS, folder / data.TEST_TRUTH)},
        correlations={name: correlate(scores.column(name), candidates) for name in ("data_parameter", "agreement")},
    )


def text(results: Results) -> str:
    """The table, as it is printed."""
    lines = ["Mean Dice with the true labels", "  images with candidates"]
    lines += [f"    {name:<24}{value:.3f}" for name, value in results.training.items()]
    lines += ["  held-out images"]
    lines += [f"    {name:<24}{value:.3f}" for name, value in results.test.items()]
    lines += ["", "Spearman correlation of the scores with the true Dice", f"    {'':<24}within images  overall"]
    lines += [
        f"    {name:<24}{correlation.within:>13.2f}{correlation.overall:>9.2f}"
        for name, correlation in results.correlations.items()
    ]
    return "\n".join(lines)


def dice(one: NDArray[np.integer], other: NDArray[np.integer]) -> float:
    """Mean over the labels of 2 |A ∩ B| / (|A| + |B|); labels that neither map holds are left out."""
    values = []
    for label in LABELS.values():
        sizes = np.count_nonzero(one == label) + np.count_nonzero(other == label)
        if label != LABELS["background"] and sizes:
            values.append(2 * np.count_nonzero((one == label) & (other == label)) / sizes)
    return _mean(values)


def correlate(scores: Mapping[str, float], truth: Mapping[str, float]) -> Correlation:
    """Spearman correlation of scores with true values, both by case id."""
    images = _group({case: float(scores[case]) for case in truth})
    within = [_spearman(cases, truth) for cases in images.values()]
    return Correlation(_mean(within), _spearman(scores, truth))


def _spearman(scores: Mapping[str, float], truth: Mapping[str, float]) -> float:
    return float(spearmanr(list(scores.values()), [truth[case] for case in scores]).statistic)


def _folder_dice(folder: Path, truth: Path) -> float:
    return _mean(_dice_of_files(folder / path.name, path) for path in sorted(truth.glob(f"*{data.ENDING}")))


def _dice_of_files(one: Path, other: Path) -> float:
    return dice(read_label_map(one)[0], read_label_map(other)[0])


def _group(values: Mapping[str, float]) -> dict[str, dict[str, float]]:
    grouped: dict[str, dict[str, float]] = defaultdict(dict)
    for case, value in values.items():
        grouped[split_case(case)[0]][case] = value
    return grouped


def _mean(values: Iterable[float]) -> float:
    present = [value for value in values if not math.isnan(value)]
    return sum(present) / len(present) if present else math.nan
