"""Which voters repeat each other: if their overlap is more than their quality explains, they share one vote."""

import numpy as np

FEWEST = 6
"""Least number of voters of an image for which dependence is estimated: fewer have too few overlaps. Among fewer, only
equal label maps are found."""

LOWEST, HIGHEST = 0.6, 0.8
"""Two voters begin to share their vote at the first fraction of the possible excess of overlap. From the second
fraction on, they have one vote together (docs/results.md)."""

APART, ONE = 0.8, 0.9
"""Two voters whose Dice is below the first number are two, however poor the others are; from the second one on, their
excess alone decides (docs/results.md)."""

ROUNDS = 2
"""The second round measures quality without the pairs that the first round found to be dependent."""

MAX_ITERATIONS = 30
TOLERANCE = 1e-4
"""The fit ends when no logarithm of a quality changes by more than this."""

_SMALLEST = 1e-3
"""Replaces any smaller overlap, because its logarithm would outweigh all others."""

_SMALLEST_DIFFERENCE = 1e-9
"""Label maps are equal if their Dice is less than this below 1."""


def dependence(dice: np.ndarray) -> np.ndarray:
    """Estimate from the votes alone how far each pair of voters is a single voter.

    Where voters err independently, their overlap off the diagonal is a product of two qualities, q_i q_j. So the matrix
    has rank one (Jaffe, Nadler and Kluger, "Estimating the accuracies of multiple classifiers without labeled data",
    AISTATS 2015). Where some voters make the same errors, their overlaps are larger than that (Jaffe, Fetaya, Nadler,
    Jiang and Kluger, "Unsupervised ensemble learning with dependent classifiers", AISTATS 2016).

    Here the logarithms are fitted, log s_ij = a_i + a_j, with least absolute deviations, by weighted medians. A group
    of less than half of the voters cannot move these medians much. The excess of a pair is its overlap above q_i q_j,
    divided by 1 − q_i q_j, the largest possible one. A voter that repeats one voter of a group repeats the whole group.

    Where half of the voters are poor, the good ones overlap by more than q_i q_j, too: their qualities are measured by
    poor voters. But good voters are only as like as two people, and copies are more so. So a pair also needs a large
    overlap (:data:`APART`, :data:`ONE`).

    Equal label maps are the same voter, for any number of voters. But voters that all find nothing do not repeat each
    other. Such voters overlap with nobody in part, and that is how they are known here.

    Args:
        dice: of each pair (:func:`~..votes.overlap.pairwise_dice`), shape (K, K).

    Returns:
        From 0, independent, to 1, the same voter; shape (K, K), symmetric, 1 on the diagonal.
    """
    n_voters = len(dice)
    equal = dice > 1 - _SMALLEST_DIFFERENCE
    partly = ((dice > 0) & ~equal).any(axis=1)
    silent = equal & ~np.logical_or.outer(partly, partly)
    np.fill_diagonal(silent, False)
    alike = np.clip((dice - APART) / (ONE - APART), 0, 1)
    found = np.eye(n_voters)
    if n_voters < FEWEST:
        return np.where(equal & ~silent, 1.0, found)
    for _ in range(ROUNDS):
        quality = _qualities(dice, found)
        expected = np.multiply.outer(quality, quality)
        room = np.maximum(1 - expected, TOLERANCE)
        found = np.clip(((dice - expected) / room - LOWEST) / (HIGHEST - LOWEST), 0, 1) * alike
        np.fill_diagonal(found, 1)
        found[silent] = 0
    return _closed(found)


def independence(found: np.ndarray) -> np.ndarray:
    """Part of a vote that each voter has, shape (K,); m copies have one vote together, so each of them has 1/m."""
    return 1 / found.sum(axis=1)


def groups(found: np.ndarray) -> list[list[int]]:
    """Groups of voters that are more like one voter than like several, each as a list of at least two places."""
    linked = found > 0.5
    members = {tuple(np.flatnonzero(row).tolist()) for row in _closed(linked.astype(float)) > 0}
    return [list(group) for group in sorted(members) if len(group) > 1]


def _qualities(dice: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Quality of each voter by a rank-one fit to the overlaps of independent pairs, shape (K,)."""
    logs = np.log(np.maximum(dice, _SMALLEST))
    heard = (1 - found) * independence(found) + _SMALLEST**4  # each group counts once; no row is all zero
    np.fill_diagonal(heard, 0)
    fitted = _weighted_medians(logs, heard) / 2
    for _ in range(MAX_ITERATIONS):
        previous = fitted
        fitted = np.minimum((fitted + _weighted_medians(logs - fitted, heard)) / 2, 0)
        if np.abs(fitted - previous).max() < TOLERANCE:
            break
    return np.exp(fitted)


def _weighted_medians(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted median of each row, shape (K,)."""
    order = np.argsort(values, axis=1, kind="stable")
    heaped = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    middle = (heaped < heaped[:, -1:] / 2).sum(axis=1)
    places = np.take_along_axis(order, middle[:, np.newaxis], axis=1)
    return np.take_along_axis(values, places, axis=1)[:, 0]


def _closed(found: np.ndarray) -> np.ndarray:
    """Raise the dependence of each pair to the weakest link of the best chain between them (Floyd, Warshall)."""
    closed = found
    for links in range(len(found)):
        closed = np.maximum(closed, np.minimum.outer(closed[:, links], closed[links]))
    return closed
