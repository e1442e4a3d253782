"""Means of what is known."""

import numpy as np


def mean(values: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean of the finite values along an axis, or along several; NaN where there are none."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=float)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
