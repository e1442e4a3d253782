"""In which order images need a person."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from .numbers import ImageNumbers

CAPTION = (
    "Need is an expected error. One half is the error that the votes let expect of the consensus: one minus its Dice "
    "if each voxel's true label were drawn with the shares of its votes. The other half is what the network's "
    "prediction denies: one minus its Dice with the candidates' vote. Without a prediction, the first half is all."
)


def need_of(expected_error: float, confirmed: float | None) -> float:
    """How much an image needs a person, higher is more (docs/report.md says how well it finds bad consensuses).

    Args:
        expected_error: 1 − the Dice that the vote shares let expect of the consensus.
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
            need_of(image.expected_error, image.confirmed),
            statistics.mean(image.scores) if image.scores else None,
            statistics.stdev(image.scores) if len(image.scores) > 1 else None,
            places[image.image],
        )
        for image in images
    ]
    return sorted(ranked, key=lambda one: (-one.need, one.image.image))
