"""A picture of the candidates that make the same errors: a matrix with the candidates of a group side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..fusion.dependent_groups import dependent_groups, mean_dependence, shown_groups
from ..fusion.record.run_record import ImageRecord

_LEAST = 0.05
"""A smaller mean dependence comes from only an image or two and is not shown."""

_SIDE = 14
"""Pixels of a cell."""


@dataclass(frozen=True)
class Cell:
    """A pair of candidates: its place in pixels, how dark it is from 0 to 1, and the text under the mouse pointer."""

    x: int
    y: int
    shade: float
    title: str


@dataclass(frozen=True)
class DependencePicture:
    """Candidates that make the same errors as another one, and how far each pair is a single voter.

    Attributes:
        names: of the candidates; the candidates of a group are side by side.
        cells: of all pairs, row by row.
        groups: a sentence about each group.
        cell: side of a cell in pixels.
    """

    names: Sequence[str]
    cells: Sequence[Cell]
    groups: Sequence[str]
    cell: int = _SIDE

    @property
    def width(self) -> int:
        """Width of the matrix in pixels; the matrix is a square."""
        return self.cell * len(self.names)


def draw_dependence(images: Mapping[str, ImageRecord]) -> DependencePicture | None:
    """Draw which candidates make the same errors, from the records of the images; None where none do."""
    names, mean = mean_dependence(images)
    apart = mean - np.eye(len(names))
    shown = np.flatnonzero((apart > _LEAST).any(axis=1)) if names else np.array([], int)
    if not shown.size:
        return None
    found = dependent_groups(images)
    group_of = {name: place for place, group in enumerate(found) for name in group.names}
    order = sorted(shown.tolist(), key=lambda place: (group_of.get(names[place], len(found)), names[place]))
    cells = [
        Cell(_SIDE * x, _SIDE * y, round(float(mean[one, other]), 2), f"{names[one]}, {names[other]}")
        for y, one in enumerate(order)
        for x, other in enumerate(order)
    ]
    return DependencePicture([names[place] for place in order], cells, shown_groups(found))
