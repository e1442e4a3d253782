"""Outlines of label maps along the edges of their pixels, as SVG paths."""

from collections.abc import Iterable

import numpy as np

Loop = tuple[int, int, str]
"""A closed line: x and y of its start, and its further course in the syntax of SVG's ``d``."""


def outline(labels: np.ndarray) -> list[Loop]:
    """Outlines of every foreground label in an array of shape (rows, columns); 0 is background."""
    shown = np.bincount(labels.ravel())
    return [loop for value in np.flatnonzero(shown[1:]) + 1 for loop in outline_of_mask(labels == value)]


def as_path(loops: Iterable[Loop], down: int = 0) -> str:
    """Write loops as SVG's ``d``, moved down by ``down``; a unit is a pixel, and x goes to the right."""
    return "".join(f"M{x} {y + down}{rest}" for x, y, rest in loops)


def outline_of_mask(mask: np.ndarray) -> list[Loop]:
    """Outline of a mask, shape (rows, columns), along the edges of its pixels.

    Four pixels touch each point of the grid. The point is a corner of the outline if one or three of these pixels are
    inside. If two diagonal pixels are inside, there are two corners in the same place. Corners that are sorted along a
    row form pairs, and each pair is a horizontal edge. Along a column the pairs are vertical edges. Each loop is found
    by going from pair to pair.
    """
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return []
    first_row, first_column = int(rows.min()), int(columns.min())
    inner = mask[first_row : rows.max() + 1, first_column : columns.max() + 1]
    inside = np.zeros((inner.shape[0] + 2, inner.shape[1] + 2), np.int8)
    inside[1:-1, 1:-1] = inner
    around = inside[:-1, :-1] + inside[:-1, 1:] + inside[1:, :-1] + inside[1:, 1:]
    diagonal = (around == 2) & (inside[:-1, :-1] == inside[1:, 1:])
    corners = np.where(around % 2 == 1, 1, 2 * diagonal)
    y, x = (np.repeat(places, corners[corners > 0]) for places in np.nonzero(corners))
    y_list, x_list = (y + first_row).tolist(), (x + first_column).tolist()
    by_row = (np.arange(len(x)) ^ 1).tolist()  # they are already sorted by row and column
    order = np.lexsort((y, x))
    by_column = np.empty(len(x), int)
    by_column[order] = order[np.arange(len(x)) ^ 1]
    by_column_list = by_column.tolist()
    loops, seen = [], [False] * len(x_list)
    for start in range(len(x_list)):
        steps, here = [], start
        while not seen[here]:
            across = by_row[here]
            seen[here] = seen[across] = True
            down = by_column_list[across]
            steps.append(f"h{x_list[across] - x_list[here]}v{y_list[down] - y_list[across]}")
            here = down
        if steps:
            loops.append((x_list[start], y_list[start], "".join(steps) + "z"))
    return loops
