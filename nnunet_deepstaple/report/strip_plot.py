"""The plot of all scores: each image has a column, and each candidate has a dot."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from . import colours
from .ranking import Ranked

_HEIGHT, _TOP, _LEFT = 260, 12, 44
_WIDTH = 1100
"""Pixels that all columns fill together, unless a column would become too narrow to click or too wide."""

_NARROWEST, _WIDEST = 7, 40


@dataclass(frozen=True)
class Dot:
    """A candidate: height in pixels, place of its colour in the legend (empty for none), place of its source."""

    y: float
    colour: str
    source: int


@dataclass(frozen=True)
class Column:
    """An image: its page, the text under the mouse pointer, its left edge in pixels, and its dots."""

    page: str
    title: str
    x: float
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Tick:
    """A line of the scale."""

    y: float
    text: str


@dataclass(frozen=True)
class StripPlot:
    """The plot, in pixels.

    Attributes:
        columns: the images in their order; empty where no candidate has a score.
        sources: names of all candidates, the most frequent first.
        legend: the sources that have a colour.
        others: number of sources without a colour.
        width, height, left: of the plot, and where its columns begin.
        step, middle: width of a column, and where its dots are in it.
        radius: of the dots.
        ticks: of the scale.
    """

    columns: Sequence[Column]
    sources: Sequence[str]
    legend: Sequence[str]
    others: int
    width: float
    height: float
    left: float
    step: float
    middle: float
    radius: float
    ticks: Sequence[Tick]


def plot_strips(ranked: Sequence[Ranked]) -> StripPlot:
    """Lay out the plot of images in the order given."""
    frequent = Counter(one.name for row in ranked for one in row.image.candidates)
    sources = [name for name, _ in sorted(frequent.items(), key=lambda item: (-item[1], item[0]))]
    place = {name: number for number, name in enumerate(sources)}
    legend = sources[: len(colours.SOURCES)]
    scores = [score for row in ranked for score in row.image.scores]
    low, high = _range(scores)
    step = min(max(_WIDTH / max(len(ranked), 1), _NARROWEST), _WIDEST)

    def height_of(score: float) -> float:
        return round(_TOP + (_HEIGHT - 2 * _TOP) * (high - score) / (high - low), 1)

    columns = [
        Column(
            row.image.page + ".html",
            f"{row.image.image}: need {row.need:.3f}",
            round(_LEFT + step * number, 1),
            [
                Dot(
                    height_of(one.score),
                    str(place[one.name]) if place[one.name] < len(legend) else "",
                    place[one.name],
                )
                for one in row.image.candidates
                if one.score is not None
            ],
        )
        for number, row in enumerate(ranked)
    ]
    ticks = [low + (high - low) * part / 4 for part in range(5)]
    return StripPlot(
        columns=columns if scores else [],
        sources=sources,
        legend=legend,
        others=len(sources) - len(legend),
        width=round(_LEFT + step * len(ranked) + 4),
        height=_HEIGHT,
        left=_LEFT,
        step=round(step, 1),
        middle=round(step / 2, 1),
        radius=min(round(step / 2.6, 1), 4.5),
        ticks=[Tick(height_of(value), f"{value:.2f}") for value in ticks],
    )


def _range(scores: Sequence[float]) -> tuple[float, float]:
    """Ends of the scale: 0 and 1 if all scores lie between them, else the smallest and the largest score."""
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    digits = 10 ** math.floor(math.log10(max(high - low, 1e-9)))
    return math.floor(low / digits) * digits, math.ceil(high / digits) * digits + (digits if low == high else 0)
