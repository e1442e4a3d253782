"""The figures of a sweep, each from the table of the same name."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..common.figures import plot_lines, plot_points
from ..common.tables import Row


def draw_scores(rows: Sequence[Row], path: Path) -> None:
    """Does a score that ranks better make a better consensus?"""
    groups: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in rows:
        kind = next((kind for kind in ("θ", "agreement") if str(row["score"]).startswith(kind)), "others")
        groups[kind].append((float(row["Spearman within image"]), float(row["consensus Dice"])))
    plot_points(groups, path, "Spearman with the true Dice within image", "Dice of the consensus")


def draw_prediction(rows: Sequence[Row], path: Path) -> None:
    """What the prediction is worth as one more voter."""
    places, *lines = rows[0]
    plot_lines(
        {name: np.array([float(row[name]) for row in rows]) for name in lines},
        path,
        places,
        "Dice of the consensus",
        [float(row[places]) for row in rows],
    )


def draw_visits(rows: Sequence[Row], path: Path) -> None:
    """How the ranking grows with visits per case."""
    found: dict[str, dict[float, float]] = defaultdict(dict)
    for row in rows:
        found[f"{row['score']}, {row['pass']}"][float(row["visits per case"])] = float(row["Spearman within image"])
    if found:
        places = sorted(next(iter(found.values())))
        lines = {name: np.array([points[place] for place in places]) for name, points in found.items()}
        plot_lines(lines, path, "visits per case", "Spearman within image", places)


FIGURES: dict[str, Callable[[Sequence[Row], Path], None]] = {
    "scores": draw_scores,
    "prediction": draw_prediction,
    "visits": draw_visits,
}
