"""Means of what is known."""

import numpy as np


def mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what is known along an axis; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=float)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
