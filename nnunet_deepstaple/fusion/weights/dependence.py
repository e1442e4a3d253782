"""Who repeats whom: voters that overlap more than their quality explains err together, and share one vote."""

import numpy as np

FEWEST = 6
"""Voters of an image from which on their dependence is estimated: the overlaps of fewer are too few to tell."""

LOWEST, HIGHEST = 0.6, 0.8
"""Part of the possible excess of overlap at which two voters begin to share their vote, and from which on they have one
vote together (docs/results.md)."""

ROUNDS = 2
"""The second round measures quality without the pairs that the first found dependent."""

MAX_ITERATIONS = 30
TOLERANCE = 1e-4
"""Change of every logarithm of a quality at which the fit ends."""

_SMALLEST = 1e-3
"""Stands for less overlap, whose logarithm would outweigh all others."""


def dependence(dice: np.ndarray) -> np.ndarray:
    """Estimate how far each pair of voters is one, from their votes alone.

    Where voters err independently, their overlap off the diagonal is a product of two qualities, q_i q_j: the matrix
    has rank one (Jaffe, Nadler and Kluger, "Estimating the accuracies of multiple classifiers without labeled data",
    AISTATS 2015). Where some err together, their block rises above it (Jaffe, Fetaya, Nadler, Jiang and Kluger,
    "Unsupervised ensemble learning with dependent classifiers", AISTATS 2016). Here least absolute deviations fit the
    logarithms, log s_ij = a_i + a_j, by weighted medians, which a group of less than half of the voters cannot carry.
    What a pair overlaps above q_i q_j, as a part of what it could, is its excess. Who repeats one voter of a group
    repeats the group.

    Args:
        dice: of each pair (:func:`~..votes.overlap.pairwise_dice`), shape (K, K).

    Returns:
        From 0, independent, to 1, the same voter; shape (K, K), symmetric, 1 on the diagonal. Below :data:`FEWEST`
        voters, the identity.
    """
    n_voters = len(dice)
    found = np.eye(n_voters)
    if n_voters < FEWEST:
        return found
    for _ in range(ROUNDS):
        quality = _qualities(dice, found)
        expected = np.multiply.outer(quality, quality)
        room = np.maximum(1 - expected, TOLERANCE)
        found = np.clip(((dice - expected) / room - LOWEST) / (HIGHEST - LOWEST), 0, 1)
        np.fill_diagonal(found, 1)
    return _closed(found)


def independence(found: np.ndarray) -> np.ndarray:
    """Part of a vote that each voter has: a group of m copies has one vote, each of them 1/m; shape (K,)."""
    return 1 / found.sum(axis=1)


def groups(found: np.ndarray) -> list[list[int]]:
    """Voters that are rather one than two, as lists of at least two places."""
    linked = found > 0.5
    members = {tuple(np.flatnonzero(row).tolist()) for row in _closed(linked.astype(float)) > 0}
    return [list(group) for group in sorted(members) if len(group) > 1]


def _qualities(dice: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Quality of each voter by a rank-one fit to the overlaps of independent pairs, shape (K,)."""
    logs = np.log(np.maximum(dice, _SMALLEST))
    heard = (1 - found) * independence(found) + _SMALLEST**4  # each group has one say, and somebody always has
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
    """The dependence of two voters is at least that of the weakest link of any chain between them (Floyd, Warshall)."""
    closed = found
    for links in range(len(found)):
        closed = np.maximum(closed, np.minimum.outer(closed[:, links], closed[links]))
    return closed
