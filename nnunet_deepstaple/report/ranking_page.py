"""The page of ds_rank: one file that opens in a browser without a server and without internet."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from ..files.atomic import write_text, writing
from ..ranking.files import Ranking
from ..ranking.sentences import first_sentence
from ..ranking.sketches import Difference
from . import colours
from .interval_plot import plot_intervals
from .outlines import as_path, outline_of_mask
from .pages import render, signed

PAGE = "ranking.html"

_ENDS = 12
"""If there are more than twice as many sources, differences are drawn for this number at each end of the ranking."""

_FIRST = 20
"""Number of images on the page."""

_CELL, _MANY = 18, 60
"""Pixels of a cell of the matrix, and the number of sources that is too large for a matrix."""


@dataclass(frozen=True)
class Drawn:
    """A slice: its place, how far the source is behind there, its size, and SVG's ``d`` of the two outlines."""

    title: str
    behind: str
    width: int
    height: int
    stretch: float
    outline: str
    consensus: str


@dataclass(frozen=True)
class Cell:
    """A pair of sources: its place in pixels, its colour, and the text under the mouse pointer."""

    x: int
    y: int
    colour: str
    title: str


def write_page(ranking: Ranking, folder: Path) -> Path:
    """Write the page into a folder and return its path.

    Raises:
        InputError: it cannot be written.
    """
    path = folder / PAGE
    with writing(path):
        write_text(path, ranking_page(ranking))
    return path


def ranking_page(ranking: Ranking) -> str:
    """The page as text."""
    shown = ranking.labels[1:] if len(ranking.labels) == 2 else ranking.labels  # with one label, the mean is the same
    return render(
        "ranking.html",
        "",
        key="",
        style=(files(__package__) / "assets" / "report.css").read_text(encoding="utf-8"),
        ranking=ranking,
        sentence=first_sentence(ranking),
        labels=[(label, plot_intervals(label)) for label in shown],
        drawn=[(name, [_draw(one) for one in ranking.differences[name]]) for name in _drawn(ranking)],
        judged=ranking.judged[:_FIRST],
        structures=[label.name for label in ranking.labels[1:]],
        cells=_matrix(ranking),
        order=[one.source for one in ranking.labels[0].sources],
        cell=_CELL,
    )


def _drawn(ranking: Ranking) -> list[str]:
    """Sources whose differences are drawn: the best ones, then the worst ones."""
    names = [one.source for one in ranking.labels[0].sources]
    return names if len(names) <= 2 * _ENDS else [*names[:_ENDS], *names[-_ENDS:]]


def _draw(one: Difference) -> Drawn:
    mask, consensus = one.sketch.masks
    height, width = one.sketch.shape
    where = one.image if one.sketch.plane is None else f"{one.image}, slice {one.sketch.plane}"
    return Drawn(
        where,
        signed(one.behind, 2),
        width,
        height,
        one.sketch.stretch,
        as_path(outline_of_mask(mask)),
        as_path(outline_of_mask(consensus)),
    )


def _matrix(ranking: Ranking) -> list[Cell]:
    """Dependence of each pair of sources, in the order of their ranks; empty where there are too many sources."""
    names = [one.source for one in ranking.labels[0].sources]
    if len(names) > _MANY:
        return []
    places = [list(ranking.sources).index(name) for name in names]
    dice, together = (matrix[np.ix_(places, places)] for matrix in (ranking.pairs, ranking.together))
    return [
        Cell(
            _CELL * column,
            _CELL * row,
            colours.of_weight(float(together[row, column])),
            f"{names[row]} and {names[column]}: dependence {together[row, column]:.2f}, Dice {dice[row, column]:.3f}",
        )
        for row in range(len(names))
        for column in range(len(names))
        if row != column and np.isfinite(dice[row, column])
    ]
