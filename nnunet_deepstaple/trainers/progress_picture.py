"""The picture that shows when to stop the training: deepstaple_progress.png."""

from pathlib import Path

import matplotlib as mpl
import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..files.atomic import atomic_path
from .progress import LOOK_BACK, SCORES, Progress

_TITLES = {"agreement": "agreement", "data_parameter": "data parameter θ"}
_COLOURS = {"agreement": "tab:green", "data_parameter": "tab:blue"}


def draw_progress(progress: Progress, path: Path) -> None:
    """Draw the series of a training: the scores, the effective number of candidates, and how the ranking changes."""
    with mpl.style.context("default"):  # nnU-Net's own picture sets large fonts
        figure = Figure(figsize=(13, 9))
        FigureCanvasAgg(figure)
        (agreement, data_parameter), (effective, ranking) = figure.subplots(2, 2, sharex=True)
        for axes, score in ((agreement, "agreement"), (data_parameter, "data_parameter")):
            _draw_score(axes, progress, score)
        _draw_effective_number(effective, progress)
        _draw_ranking(ranking, progress)
        for axes in (effective, ranking):
            axes.set_xlabel("epoch")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        figure.subplots_adjust(left=0.05, right=0.98, bottom=0.06, top=0.95, wspace=0.12, hspace=0.15)
        for axes in figure.axes:
            axes.grid(alpha=0.3)
            axes.legend(loc="upper left" if axes is data_parameter else "lower right", framealpha=0.7)
        with atomic_path(path) as temporary:
            figure.savefig(temporary, dpi=100)


def _draw_score(axes: Axes, progress: Progress, score: str) -> None:
    series, colour = progress.series, _COLOURS[score]
    mean, spread = series[score], series[f"{score}_spread"]
    epochs = range(len(mean))
    low, high = ([m + sign * s for m, s in zip(mean, spread, strict=True)] for sign in (-1, 1))
    axes.fill_between(epochs, low, high, color=colour, alpha=0.2, label="± SD within the image")
    axes.plot(epochs, mean, color=colour, marker=".", label="mean of an image's candidates")
    axes.plot(epochs, series[f"{score}_best"], color=colour, ls="--", lw=1, label="best and worst of the image")
    axes.plot(epochs, series[f"{score}_worst"], color=colour, ls="--", lw=1)
    axes.set_title(_TITLES[score])


def _draw_effective_number(axes: Axes, progress: Progress) -> None:
    for score, weights in SCORES.items():
        values = progress.series[f"{score}_effective_candidates"]
        axes.plot(range(len(values)), values, color=_COLOURS[score], label=f"{_TITLES[score]}, {weights} weights")
    axes.axhline(progress.candidates, color="grey", ls=":", label="all candidates alike")
    axes.set_ylim(0, None)
    axes.set_title("effective number of candidates in the vote of an image")


def _draw_ranking(axes: Axes, progress: Progress) -> None:
    for score in SCORES:
        values = progress.series[f"{score}_rank_correlation"]
        axes.plot(range(len(values)), values, color=_COLOURS[score], label=_TITLES[score])
    axes.axhline(1, color="grey", ls=":", label="the ranking does not move any more")
    axes.set_title(f"rank correlation within the image with {LOOK_BACK} epochs earlier")
