"""With true labels: is the consensus better than other rules, and do the scores rank the candidates?"""

import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .numbers import ImageNumbers, TruthNumbers
from .ranking import Ranked
from .true_labels import CONSENSUS, source_key

_FEWEST = 6
"""With fewer pairs than this, Wilcoxon's test cannot reach p < 0.05."""


@dataclass(frozen=True)
class Judged:
    """One way to fuse, or one source, over the images with true labels.

    Attributes:
        name: of it.
        is_source: whether it is a candidate's name.
        images: how many it has.
        dice, spread: Dice; the mean over labels in each image, then its mean and standard deviation over images.
        surface_dice: share of the borders within 2 mm; the mean over labels, then over images.
        hd95: 95 % Hausdorff distance; the mean over labels, then over images; None where no image has one.
        label_dice: mean Dice by label value.
        difference: mean of its Dice minus the Dice of the consensus, in the same images; None for the consensus.
        p: of Wilcoxon's signed-rank test of these pairs; None with fewer than six, or without any difference.
    """

    name: str
    is_source: bool
    images: int
    dice: float
    spread: float | None
    surface_dice: float | None
    hd95: float | None
    label_dice: Mapping[str, float]
    difference: float | None
    p: float | None


@dataclass(frozen=True)
class Correlation:
    """A rank correlation (Spearman's ρ) with the true error or Dice, and the number of pairs."""

    what: str
    rho: float
    n: int


@dataclass(frozen=True)
class TruthTable:
    """All results from true labels.

    Attributes:
        judged: the consensus, other rules, predictions, then sources.
        of_scores: how well the scores rank the candidates by their true Dice.
        of_need: how well the order of the index, and other numbers, rank the images by the true error of the consensus.
    """

    judged: Sequence[Judged]
    of_scores: Sequence[Correlation]
    of_need: Sequence[Correlation]


def judge(ranked: Sequence[Ranked]) -> TruthTable | None:
    """Summarise the images with true labels; None if there are none."""
    images = [one.image for one in ranked if one.image.truth]
    if not images:
        return None
    of_name: dict[str, dict[str, TruthNumbers]] = defaultdict(dict)
    for image in images:
        for name, numbers in image.truth.items():
            of_name[name][image.image] = numbers
    consensus = {image: mean_dice(numbers) for image, numbers in of_name[CONSENSUS].items()}
    judged = [_judge(name, found, consensus) for name, found in of_name.items()]
    rules = [one for one in judged if not one.is_source]
    sources = [one for one in judged if one.is_source and one.images > 1]
    return TruthTable(
        [*rules, *sorted(sources, key=lambda one: -one.dice)],
        _of_scores(images),
        correlations_of_need([one for one in ranked if one.image.truth]),
    )


def mean_dice(numbers: TruthNumbers) -> float:
    """Dice of one label map, mean over the labels that it or the truth shows; 1 if there are none."""
    return statistics.mean(value for value in numbers.dice.values() if value is not None) if numbers.dice else 1.0


def _judge(name: str, found: Mapping[str, TruthNumbers], consensus: Mapping[str, float]) -> Judged:
    dice = [mean_dice(numbers) for numbers in found.values()]
    labels: dict[str, list[float]] = defaultdict(list)
    for numbers in found.values():
        for label, value in numbers.dice.items():
            if value is not None:
                labels[label].append(value)
    differences = [value - consensus[image] for image, value in zip(found, dice, strict=True)]
    is_source = name.startswith(" ")
    return Judged(
        name=name.removeprefix(" "),
        is_source=is_source,
        images=len(found),
        dice=statistics.mean(dice),
        spread=statistics.stdev(dice) if len(dice) > 1 else None,
        surface_dice=_mean_of_images([numbers.surface_dice for numbers in found.values()]),
        hd95=_mean_of_images([numbers.hd95 for numbers in found.values()]),
        label_dice={label: statistics.mean(values) for label, values in labels.items()},
        difference=None if name == CONSENSUS else statistics.mean(differences),
        p=_paired_p(differences) if name != CONSENSUS else None,
    )


def _mean_of_images(found: Sequence[Mapping[str, float | None]]) -> float | None:
    """Mean over images of the mean over labels; None where no image has one."""
    known = [[value for value in one.values() if value is not None] for one in found]
    of_images = [statistics.mean(one) for one in known if one]
    return statistics.mean(of_images) if of_images else None


def _paired_p(differences: Sequence[float]) -> float | None:
    if len(differences) < _FEWEST or not any(differences):
        return None
    from scipy.stats import wilcoxon  # noqa: PLC0415 (slow to import, and few reports have the truth)

    return float(wilcoxon(differences).pvalue)


def _of_scores(images: Sequence[ImageNumbers]) -> list[Correlation]:
    pairs = [
        [(one.score, mean_dice(image.truth[source_key(one.name)])) for one in image.candidates if one.score is not None]
        for image in images
    ]
    within = [rho for of_image in pairs if (rho := _spearman(of_image)) is not None]
    together = [pair for of_image in pairs for pair in of_image]
    found = []
    if within:
        found.append(
            Correlation(
                "score, within an image (mean over images)",
                statistics.mean(within),
                len(within),
            )
        )
    overall = _spearman(together)
    if overall is not None:
        found.append(Correlation("score, all candidates together", overall, len(together)))
    return found


def correlations_of_need(ranked: Sequence[Ranked]) -> list[Correlation]:
    """How well each number that could sort the index finds the images with a bad consensus."""
    error = [1 - mean_dice(one.image.truth[CONSENSUS]) for one in ranked]
    columns: dict[str, list[float | None]] = {
        "need": [one.need for one in ranked],
        "expected error": [one.image.expected_error for one in ranked],
        "disagreement of prediction and vote": [
            None if one.image.confirmed is None else -one.image.confirmed for one in ranked
        ],
        "share of disputed voxels": [one.image.disputed for one in ranked],
        "mean score, falling": [None if one.mean is None else -one.mean for one in ranked],
    }
    found = []
    for what, values in columns.items():
        pairs = [(value, wrong) for value, wrong in zip(values, error, strict=True) if value is not None]
        rho = _spearman(pairs)
        if rho is not None:
            found.append(Correlation(what, rho, len(pairs)))
    return found


def _spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's ρ; None with fewer than three pairs, or where one side does not vary."""
    columns = np.array(pairs, float).reshape(-1, 2)
    if len(columns) < 3 or (columns == columns[0]).all(axis=0).any():
        return None
    from scipy.stats import spearmanr  # noqa: PLC0415 (as above)

    return float(spearmanr(columns[:, 0], columns[:, 1]).statistic)
