"""The plot of estimates: each source has a row with a dot and an interval."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..ranking.ranking import LabelRanking

_LEFT, _RIGHT, _TOP, _ROW = 190, 16, 8, 20
_WIDTH = 900
_LONGEST = 26
"""Largest number of letters of a name that fit."""


@dataclass(frozen=True)
class Row:
    """A source: its name, the text under the mouse pointer, and places in pixels."""

    name: str
    title: str
    y: float
    x: float
    low: float
    high: float
    group: int


@dataclass(frozen=True)
class IntervalPlot:
    """The plot, in pixels.

    Attributes:
        rows: the sources, the best first.
        ticks: place and text of each line of the scale.
        width, height: of the plot; left: where the scale begins.
        bottom: where the lines of the scale end.
    """

    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]
    width: int
    height: int
    left: int
    bottom: int


def plot_intervals(label: LabelRanking) -> IntervalPlot:
    """Lay out the plot of one label."""
    low = math.floor(10 * min((one.low for one in label.sources), default=0)) / 10
    high = math.ceil(10 * max((one.high for one in label.sources), default=1)) / 10
    scale = (_WIDTH - _LEFT - _RIGHT) / max(high - low, 0.1)

    def x_of(value: float) -> float:
        return round(_LEFT + (value - low) * scale, 1)

    bottom = _TOP + _ROW * len(label.sources)
    steps = round(10 * (high - low))
    return IntervalPlot(
        rows=[
            Row(
                one.source if len(one.source) <= _LONGEST else one.source[: _LONGEST - 1] + "…",
                f"{one.source}: {one.dice:.3f}, between {one.low:.3f} and {one.high:.3f}, group {one.group}",
                _TOP + _ROW * number + _ROW / 2,
                x_of(one.dice),
                x_of(one.low),
                x_of(one.high),
                one.group,
            )
            for number, one in enumerate(label.sources)
        ],
        ticks=[(x_of(low + place / 10), f"{low + place / 10:.1f}") for place in range(steps + 1)],
        width=_WIDTH,
        height=bottom + 24,
        left=_LEFT,
        bottom=bottom,
    )
