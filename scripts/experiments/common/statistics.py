"""How well a score ranks candidates, and whether one consensus is better than another."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata, wilcoxon


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Rank correlation; NaN where one of them does not vary."""
    a, b = (rankdata(values) - (len(values) + 1) / 2 for values in (one, other))
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")


def spearman_within(scores: Sequence[np.ndarray], truth: Sequence[np.ndarray]) -> float:
    """Mean over images of the rank correlation within the image; images on which it is undefined are left out."""
    return float(np.nanmean([spearman(one, other) for one, other in zip(scores, truth, strict=True)]))


def average_precision(scores: np.ndarray, positive: np.ndarray) -> float:
    """Area under precision over recall when cases are listed from the highest score down; ties share their place.

    Args:
        scores: shape (N,).
        positive: which cases are to be found, shape (N,), bool.
    """
    thresholds = np.unique(scores)[::-1]
    found = np.array([positive[scores >= threshold].sum() for threshold in thresholds])
    listed = np.array([(scores >= threshold).sum() for threshold in thresholds])
    return float(np.sum(found / listed * np.diff(found, prepend=0)) / positive.sum())


def paired_p(one: np.ndarray, other: np.ndarray) -> float:
    """P value of Wilcoxon's signed-rank test, two-sided; 1 where all pairs are equal."""
    return 1.0 if np.array_equal(one, other) else float(wilcoxon(one, other).pvalue)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half width of its 95 % interval by Student's t; NaN width for a single value."""
    from scipy.stats import t  # noqa: PLC0415 (loads slowly, and few need it)

    number = len(values)
    if number < 2:
        return float(np.mean(values)), float("nan")
    return float(np.mean(values)), float(t.ppf(0.975, number - 1) * np.std(values, ddof=1) / np.sqrt(number))


def pearson(one: np.ndarray, other: np.ndarray) -> float:
    """Linear correlation; NaN where one of them does not vary."""
    a, b = one - one.mean(), other - other.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")
