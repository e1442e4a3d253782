"""In which order images need a person."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .numbers import ImageNumbers

CAPTION = (
    "Need is the error that the votes let expect of the consensus: one minus its Dice if each voxel's true label were "
    "drawn with the shares of its votes."
)


def need(image: ImageNumbers) -> float:
    """How much an image needs a person, higher is more: the expected error of its consensus."""
    return image.expected_error


@dataclass(frozen=True)
class Ranked:
    """One image among all.

    Attributes:
        image: its numbers.
        need: see :func:`need`.
        mean: of the scores; None without any.
        spread: standard deviation of the scores; None with fewer than two.
        place: of the volume of its consensus among all, from the smallest, 1, on.
    """

    image: ImageNumbers
    need: float
    mean: float | None
    spread: float | None
    place: int

    @property
    def judged(self) -> str:
        """What a person said before the fusion, in a few words."""
        excluded = sum(one.rating == "exclude" for one in self.image.candidates)
        parts = [self.image.rating] if self.image.rating else []
        return ", ".join(parts + ([f"{excluded} excluded"] if excluded else []))


def rank(images: Sequence[ImageNumbers]) -> list[Ranked]:
    """Order images by their need, the highest first."""
    by_volume = sorted(images, key=lambda image: (image.volume, image.image))
    places = {image.image: place for place, image in enumerate(by_volume, 1)}
    ranked = [
        Ranked(
            image,
            need(image),
            statistics.mean(image.scores) if image.scores else None,
            statistics.stdev(image.scores) if len(image.scores) > 1 else None,
            places[image.image],
        )
        for image in images
    ]
    return sorted(ranked, key=lambda one: (-one.need, one.image.image))
