"""The order in which a person should look at the images."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from .numbers import ImageNumbers

CAPTION = (
    "Need is an expected error. One half is the error that the votes let expect of the consensus: one minus its Dice "
    "if each voxel's true label were drawn with the shares of its votes. The other half is what the network's "
    "prediction denies: one minus its Dice with the candidates' vote. Without a prediction, the first half is all. "
    "Images in which a candidate seems to belong to another image come first."
)


FEWEST = 3
"""Least number of candidates for which the vote of the others shows where the image's structure is."""

USUAL, LOST = 0.5, 0.2
"""A candidate with a usual Dice of at least the first number seems to belong to another image if its Dice in this image
is below the second number times its usual Dice. The usual Dice is the median over the better half of its images,
because an exchange spoils at least two."""


def need_of(expected_error: float, confirmed: float | None) -> float:
    """How much an image needs a person; higher is more (docs/report.md says how well this finds a bad consensus).

    Args:
        expected_error: 1 − the expected Dice of the consensus, by the shares of the votes.
        confirmed: Dice of the network's prediction with the candidates' vote; None without one.
    """
    return expected_error if confirmed is None else (expected_error + 1 - confirmed) / 2


@dataclass(frozen=True)
class Ranked:
    """One image among all.

    Attributes:
        image: its numbers.
        need: see :func:`need_of`.
        mean: of the scores; None without any.
        spread: standard deviation of the scores; None with fewer than two.
        place: rank of the volume of its consensus among all images; the smallest has 1.
        strays: a sentence about each candidate that seems to belong to another image.
    """

    image: ImageNumbers
    need: float
    mean: float | None
    spread: float | None
    place: int
    strays: Sequence[str] = ()

    @property
    def warnings(self) -> list[str]:
        """Warnings of the fusion, and about strays."""
        return [*self.strays, *self.image.warnings]

    @property
    def judged(self) -> str:
        """What a person said before the fusion, in a few words."""
        excluded = sum(one.rating == "exclude" for one in self.image.candidates)
        parts = [self.image.rating] if self.image.rating else []
        return ", ".join(parts + ([f"{excluded} excluded"] if excluded else []))


def strays_of(images: Sequence[ImageNumbers]) -> dict[str, list[str]]:
    """Sentences, by image, about candidates that overlap with almost nothing there, but do in other images.

    This happens when the files of two patients were exchanged. Then the vote of the others is clear, and the need is
    low.
    """
    overlaps: dict[str, dict[str, float]] = defaultdict(dict)
    for image in images:
        if len(image.candidates) >= FEWEST:
            for one in image.candidates:
                overlaps[one.name][image.image] = one.dice
    found: dict[str, list[str]] = defaultdict(list)
    for name, dice_in in overlaps.items():
        usual = statistics.median(sorted(dice_in.values())[-max(len(dice_in) // 2, 1) :])
        for image_id, dice in dice_in.items():
            if usual >= USUAL and dice < LOST * usual:
                found[image_id].append(
                    f"candidate '{name}' has Dice {dice:.2f} with the consensus here and {usual:.2f} elsewhere; were "
                    f"files of two images exchanged?"
                )
    return found


def rank(images: Sequence[ImageNumbers]) -> list[Ranked]:
    """Order images: first those with a candidate of another image, then by need, the highest first."""
    strays = strays_of(images)
    by_volume = sorted(images, key=lambda image: (image.volume, image.image))
    places = {image.image: place for place, image in enumerate(by_volume, 1)}
    ranked = [
        Ranked(
            image,
            need_of(image.expected_error, image.confirmed),
            statistics.mean(image.scores) if image.scores else None,
            statistics.stdev(image.scores) if len(image.scores) > 1 else None,
            places[image.image],
            strays.get(image.image, ()),
        )
        for image in images
    ]
    return sorted(ranked, key=lambda one: (not one.strays, -one.need, one.image.image))
