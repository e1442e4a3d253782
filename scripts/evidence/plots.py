"""Figures: curves over a training, and points with names."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nnunet_deepstaple.files.atomic import atomic_path


def plot_lines(
    lines: Mapping[str, np.ndarray], path: Path, x: str, y: str, places: Sequence[float] | None = None
) -> None:
    """Plot named curves; x counts from 1 unless ``places`` are given."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, values in lines.items():
        axes.plot(places or range(1, len(values) + 1), values, label=name)
    _finish(figure, axes, path, x, y)


def plot_points(groups: Mapping[str, Sequence[tuple[float, float]]], path: Path, x: str, y: str) -> None:
    """Scatter groups of points (x, y)."""
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, points in groups.items():
        axes.plot(*zip(*points, strict=True), "o", label=name)
    _finish(figure, axes, path, x, y)


def plot_dots(groups: Mapping[str, Mapping[str, float]], path: Path, x: str) -> None:
    """One line for each name, with a dot of each group's colour; a single group's dots have their numbers."""
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    figure, axes = plt.subplots(figsize=(9, 0.3 * len(names) + 1), layout="constrained")
    for group, values in groups.items():
        axes.plot(list(values.values()), [names.index(name) for name in values], "o", label=group)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.set_xlabel(x)
    axes.grid(alpha=0.3)
    if len(groups) > 1:
        figure.legend(fontsize="small", loc="outside upper center", ncols=len(groups))  # inside, it would hide dots
    else:
        for place, value in enumerate(next(iter(groups.values())).values()):
            axes.annotate(f"{value:.3f}", (value, place), (6, 0), textcoords="offset points", va="center")
        axes.margins(x=0.12)  # room for the numbers
    _save(figure, path)


def _finish(figure: Figure, axes: Axes, path: Path, x: str, y: str) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120)
    plt.close(figure)
