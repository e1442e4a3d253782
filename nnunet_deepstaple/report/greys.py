"""Grey levels of an image, and windows through which a page shows them.

A picture has 128 levels, but a CT has thousands of values. So the levels are close together for values of many voxels.
They are even closer for values near the labels' borders. A filter of the page turns levels into greys. A reader can
move its window.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = 128

CT_WINDOWS: Mapping[str, tuple[float, float]] = {
    "soft tissue": (-160.0, 240.0),
    "lung": (-1350.0, 150.0),
    "bone": (-500.0, 1300.0),
    "brain": (0.0, 80.0),
}
"""Usual windows in Hounsfield units: black at the first value, white at the second."""

_AIR = -300.0
_SAMPLE = 200_000


@dataclass(frozen=True)
class Greys:
    """What the levels of a picture stand for.

    Attributes:
        values: value of each level, ascending.
        windows: by name, the value that is black and the value that is white; the first window is shown.
    """

    values: Sequence[float]
    windows: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, image: np.ndarray, near: np.ndarray) -> "Greys":
        """Choose levels and windows.

        Args:
            image: values of the image.
            near: values around the labels' borders.
        """
        every, close = _sample(image), _sample(near)
        if not every.size:
            return cls(np.linspace(0, 1, LEVELS).tolist(), {"everything": (0.0, 1.0)})
        close = close if close.size else every
        windows = {"around the labels": _around(close), "everything": _span(*np.percentile(every, (0.5, 99.5)))}
        if every.min() <= _AIR and every.max() > 0:  # like Hounsfield units
            windows |= CT_WINDOWS
        return cls(_levels(every, close).tolist(), windows)

    @property
    def shown(self) -> tuple[float, float]:
        """The window that a page shows first."""
        return next(iter(self.windows.values()))

    def table(self) -> Sequence[float]:
        """Grey of each level, from 0 to 1, in the window that is shown."""
        low, high = self.shown
        table: list[float] = np.clip((np.array(self.values) - low) / (high - low), 0, 1).round(3).tolist()
        return table

    @property
    def points(self) -> Sequence[float]:
        """The values, rounded to the digits that a page needs."""
        return [float(f"{value:.6g}") for value in self.values]

    def levels_of(self, values: np.ndarray) -> np.ndarray:
        """The level nearest to each value, uint8; 0 for values that are not numbers."""
        middles = np.convolve(self.values, (0.5, 0.5), "valid")
        return np.searchsorted(middles, np.nan_to_num(values, nan=self.values[0])).astype(np.uint8)


def _sample(values: np.ndarray) -> np.ndarray:
    """A sample of the values that are numbers."""
    some = values.reshape(-1)[:: max(values.size // _SAMPLE, 1)].astype(float)
    return some[np.isfinite(some)]


def _around(close: np.ndarray) -> tuple[float, float]:
    """A window for the values around the labels: centred on their median, and about twice as wide as their middle."""
    low, middle, high = np.percentile(close, (15, 50, 85))
    reach = 2 * max(high - middle, middle - low)
    return _span(middle - reach, middle + reach)


def _span(low: float, high: float) -> tuple[float, float]:
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)


def _levels(every: np.ndarray, close: np.ndarray) -> np.ndarray:
    """Values for the levels: a third at even steps, a third by all voxels, a third by voxels near the labels."""
    third = LEVELS // 3
    parts = (
        np.linspace(every.min(), every.max(), LEVELS - 2 * third),
        np.quantile(every, np.linspace(0, 1, third)),
        np.linspace(*_around(close), third),
    )
    return np.sort(np.concatenate(parts))
