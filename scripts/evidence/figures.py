"""The figures of the experiments, each from the rows of its table."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from .plots import plot_dots, plot_lines, plot_points
from .rows import Row

Figure = Callable[[Sequence[Row], Path], None]

_SECOND_PASS = "second pass"


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
    named = [{**row, "line": f"{row['score']}, {row['pass']}"} for row in rows]
    _draw_curves(named, path, "line", ("visits per case", "visits per case"), "Spearman within image")


def draw_disturbed_labels(rows: Sequence[Row], path: Path) -> None:
    """How scores find labels that were disturbed, by how much they were."""
    second = [row for row in rows if row["pass"] == _SECOND_PASS]
    shown = ("Spearman", "Spearman with the true Dice")
    _draw_curves(second, path, "score", ("strength", "strength of the disturbance"), *shown)


def draw_course(rows: Sequence[Row], path: Path) -> None:
    """How the ranking grows from epoch to epoch."""
    lines = [name for name in rows[0] if name != "epoch"]
    curves = {name: np.array([float(row[name]) for row in rows]) for name in lines}
    plot_lines(curves, path, "epoch", "Spearman within image")


def draw_separation(rows: Sequence[Row], path: Path) -> None:
    """How scores find the poor half of the labels."""
    second = {str(row["score"]): float(row["average precision"]) for row in rows if row["pass"] == _SECOND_PASS}
    plot_dots({"scores": second}, path, "average precision in finding the poor half")


def draw_slice_networks(rows: Sequence[Row], path: Path) -> None:
    """What networks are worth that trained on a part of the labels."""
    dice = {str(row["trained on"]): float(row["test Dice"]) for row in rows}
    plot_dots({"networks": dice}, path, "Dice on test volumes")


def draw_second_networks(rows: Sequence[Row], path: Path) -> None:
    """What networks are worth, by the labels that they trained on."""
    plot_dots({"networks": {str(row["row"]): float(row["test Dice"]) for row in rows}}, path, "Dice on test images")


def draw_transfer(rows: Sequence[Row], path: Path) -> None:
    """What the choice of other sets is worth on each set, beside STAPLE and SIMPLE."""
    dots: dict[str, dict[str, float]] = defaultdict(dict)
    for row in rows:
        judged_on, dice = str(row["set"]), float(row["Dice"])
        dots[judged_on] |= {other: dice - float(row[f"− {other}"]) for other in ("STAPLE", "SIMPLE")}
        dots[judged_on][str(row["family"])] = dice
    plot_dots(dots, path, "Dice of the consensus, chosen on the other sets")


def draw_reliability(rows: Sequence[Row], path: Path) -> None:
    """How often the label with a share is right; where shares are honest, as often as they say."""
    honest: list[Row] = [{"way": "honest", "bin": row["bin"], "right": row["bin"]} for row in rows]
    x = ("bin", "share of the winning label, in bins of 0.1")
    _draw_curves([*rows, *honest], path, "way", x, "right", "how often it is right")


def _draw_curves(rows: Sequence[Row], path: Path, line: str, x: tuple[str, str], y: str, shown: str = "") -> None:
    """Curves of a metric over a column, which the figure calls otherwise; NaN where a row is missing."""
    column, x_shown = x
    found: dict[str, dict[float, float]] = defaultdict(dict)
    for row in rows:
        found[str(row[line])][float(row[column])] = float(row[y])
    places = sorted({place for points in found.values() for place in points})
    curves = {name: np.array([points.get(place, np.nan) for place in places]) for name, points in found.items()}
    plot_lines(curves, path, x_shown, shown or y, places)


OF_A_SET: dict[str, Figure] = {
    "scores": draw_scores,
    "prediction": draw_prediction,
    "visits": draw_visits,
    "disturbed_labels": draw_disturbed_labels,
    "in_line_course": draw_course,
    "reliability": draw_reliability,
    "mixed_quality": draw_separation,
    "mixed_quality_networks": draw_slice_networks,
    "second_network": draw_second_networks,
    "second_network_25": draw_second_networks,
    "second_network_convexadam": draw_second_networks,
    "second_network_longer": draw_second_networks,
    "second_network_other": draw_second_networks,
}
"""Experiments with a figure for each set."""

OF_ALL_SETS: dict[str, Figure] = {"transfer": draw_transfer}
"""Experiments with one figure; its rows have a column "set"."""
