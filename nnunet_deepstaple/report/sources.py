"""The candidate names that occur in several images; each is a source: a rater, a model, an atlas."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..ranking.estimate import estimate
from ..ranking.groups import groups
from .numbers import ImageNumbers, LabelMapNumbers
from .true_labels import source_key
from .truth import mean_dice

LEAST_MEAN, LEAST = 0.995, 0.98
"""A source could be left out if the Dice between the consensus without it and the consensus of all is at least this:
the mean over the images, and the minimum."""

_WIDTH = 200


@dataclass(frozen=True)
class Source:
    """One source over its images.

    Attributes:
        name: of its candidates.
        images: number of its images.
        mean, spread: of its scores; the mean is None without scores, the spread with fewer than two.
        dots: its scores between the lowest and the highest of all sources, from 0 to 200.
        lowest, highest: of its scores.
        best, worst: images in which its score is the highest, the lowest.
        sensitivity, specificity: against the consensus, means.
        without: mean Dice of the consensus with the consensus without this source; None where it never voted.
        spare: whether it could be left out with hardly any change.
        dice, low, high: its estimated mean Dice with the true labels, and the ends of the 95 % interval; None where
            nothing is known of it.
        group: 1 for sources that are not clearly worse than the best, 2 for the next ones; None as above.
        bias: mean of (its volume − volume of the consensus) / volume of the consensus, by label value.
    """

    name: str
    images: int
    mean: float | None
    spread: float | None
    dots: Sequence[float]
    lowest: float | None
    highest: float | None
    best: int
    worst: int
    sensitivity: float
    specificity: float | None
    without: float | None
    spare: bool
    bias: dict[str, float]
    dice: float | None = None
    low: float | None = None
    high: float | None = None
    group: int | None = None


def find_sources(images: Sequence[ImageNumbers]) -> list[Source]:
    """Summarise each candidate name that occurs in more than one image, the highest mean score first."""
    occurrences: dict[str, list[tuple[ImageNumbers, LabelMapNumbers]]] = defaultdict(list)
    for image in images:
        for candidate in image.candidates:
            occurrences[candidate.name].append((image, candidate))
    scores = [score for image in images for score in image.scores]
    scale = (min(scores), max(scores)) if scores else (0.0, 1.0)
    recurring = {name: found for name, found in occurrences.items() if len(found) > 1}
    estimated = _estimate(images, list(recurring))
    sources = [replace(_sum_up(name, found, scale), **estimated[name]) for name, found in recurring.items()]
    return sorted(sources, key=lambda one: (-(one.mean or 0), one.name))


def _estimate(images: Sequence[ImageNumbers], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Estimated Dice of each source with its interval and group, as ``ds_rank`` computes them."""
    place = {name: number for number, name in enumerate(names)}
    match, truth = np.full((2, len(images), len(names)), np.nan)
    for row, image in enumerate(images):
        for one in image.candidates:
            if one.name in place and one.match is not None:
                match[row, place[one.name]] = one.match
                if (numbers := image.truth.get(source_key(one.name))) is not None:
                    truth[row, place[one.name]] = mean_dice(numbers)
    known = np.isfinite(match).any(axis=0)
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    if known.sum() > 1:
        estimated = estimate(match[:, known], truth[:, known])
        number = groups(estimated.dice, estimated.draws)
        for source, dice, (low, high), group in zip(
            np.array(names, object)[known], estimated.dice, estimated.interval.T, number, strict=True
        ):
            found[source] = {"dice": float(dice), "low": float(low), "high": float(high), "group": int(group)}
    return found


def _sum_up(name: str, found: Sequence[tuple[ImageNumbers, LabelMapNumbers]], scale: tuple[float, float]) -> Source:
    scores = [one.score for _, one in found if one.score is not None]
    without = [one.without for _, one in found if one.without is not None]
    specificities = [one.specificity for _, one in found if one.specificity is not None]
    biases: dict[str, list[float]] = defaultdict(list)
    for image, one in found:
        for label, volume in image.volumes.items():
            if volume and label in one.volumes:  # a label that it does not annotate has no volume
                biases[label].append((one.volumes[label] - volume) / volume)
    low, high = scale
    compared = [(image.scores, one.score) for image, one in found if one.score is not None and len(image.scores) > 1]
    return Source(
        name=name,
        images=len(found),
        mean=statistics.mean(scores) if scores else None,
        spread=statistics.stdev(scores) if len(scores) > 1 else None,
        dots=[round(4 + (_WIDTH - 8) * (score - low) / max(high - low, 1e-9), 1) for score in scores],
        lowest=min(scores, default=None),
        highest=max(scores, default=None),
        best=sum(score == max(others) for others, score in compared),
        worst=sum(score == min(others) for others, score in compared),
        sensitivity=statistics.mean(one.sensitivity for _, one in found),
        specificity=statistics.mean(specificities) if specificities else None,
        without=statistics.mean(without) if without else None,
        spare=bool(without) and statistics.mean(without) >= LEAST_MEAN and min(without) >= LEAST,
        bias={label: statistics.mean(values) for label, values in biases.items()},
    )
