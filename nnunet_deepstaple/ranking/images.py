"""Each image, each structure: how good the consensus may be, and where a correction gains most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..fusion.votes.means import mean
from .ceiling import Ceiling, assumed_ceiling
from .expected import expected_dice
from .measure import ImageMeasures


@dataclass(frozen=True)
class ExpectedDice:
    """Expected Dice of a consensus with the true labels, and its 95 % interval."""

    dice: float
    low: float
    high: float


@dataclass(frozen=True)
class JudgedImage:
    """One image.

    Attributes:
        image: its name.
        structures: of each structure that its consensus shows.
        gain: what the mean Dice of its structures would gain, should a person correct them all.
        odd: what is wrong with candidates as a whole, one sentence each.
    """

    image: str
    structures: Mapping[str, ExpectedDice]
    gain: float
    odd: Sequence[str]


def judge_images(measured: Mapping[str, ImageMeasures], assumed: Ceiling | None) -> list[JudgedImage]:
    """Judge each image's consensus, the one whose correction gains most first; images with true labels come last.

    What is expected is found structure by structure (:func:`~.expected.expected_dice`).
    """
    images = sorted(measured)
    names = list(dict.fromkeys(name for image in images for name in measured[image].consensus))
    found: dict[str, dict[str, ExpectedDice]] = {image: {} for image in images}
    for name in names:
        ones = [measured[image].consensus.get(name) for image in images]
        match = np.array([np.nan if one is None else one.match for one in ones])
        truth = np.array([np.nan if one is None else one.dice for one in ones])
        sources = [measured[image].structures[name].match for image, one in zip(images, ones, strict=True) if one]
        ceiling = assumed_ceiling(float(np.nan_to_num(mean(np.concatenate(sources), 0))), assumed)
        for image, value, expected in zip(images, match, expected_dice(match, truth, ceiling).T.tolist(), strict=True):
            if np.isfinite(value):
                found[image][name] = ExpectedDice(*expected)
    judged = [
        JudgedImage(
            image,
            found[image],
            sum(1 - one.dice for one in found[image].values()) / max(len(found[image]), 1),
            [f"candidate '{source}' {odd}" for source, odd in measured[image].oddities.items()],
        )
        for image in images
    ]
    return sorted(judged, key=lambda one: (measured[one.image].judged, -one.gain))
