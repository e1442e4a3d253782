"""Ranks with intervals, and groups of sources that cannot be told apart."""

import numpy as np

LEVEL = 0.95


def ranks(dice: np.ndarray) -> np.ndarray:
    """Rank of each value along the last axis, 1 for the largest; those that are not known come last."""
    order = np.argsort(-np.where(np.isfinite(dice), dice, -np.inf), axis=-1, kind="stable")
    found = np.empty(order.shape, int)
    np.put_along_axis(found, order, np.arange(1, dice.shape[-1] + 1), axis=-1)
    return found


def rank_intervals(draws: np.ndarray) -> np.ndarray:
    """Ends of the 95 % interval of each rank, shape (2, K), from draws of shape (B, K)."""
    ends = np.percentile(ranks(draws), (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2), axis=0)
    return np.rint(ends).astype(int)


def groups(dice: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Group of each source, 1 for the best, shape (K,); 0 where nothing is known of it.

    A group is the best source left and those after it, down to the first that can be told from it. Two sources are
    told apart where their difference is larger than the largest that chance makes between any two of them, in 95 % of
    the draws (Tukey's range test on paired differences, its critical value from the bootstrap).

    Args:
        dice: estimates, shape (K,).
        draws: of them, shape (B, K).
    """
    found = np.zeros(len(dice), int)
    left = np.argsort(-dice)[: int(np.isfinite(dice).sum())]
    spread, chance = _differences(draws, left)
    while len(left):
        best = left[0]
        apart = dice[best] - dice[left] > chance * spread[best, left]
        size = int(apart.argmax()) or len(left)  # the best itself is not apart
        found[left[:size]] = found.max() + 1
        left = left[size:]
    return found


def _differences(draws: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, float]:
    """Standard deviation of each pair's difference, shape (K, K), and how many of these chance reaches."""
    centred = draws - draws.mean(axis=0)
    spread = np.zeros((draws.shape[1],) * 2)
    largest = np.zeros(len(draws))
    for source in known:
        apart = centred[:, [source]] - centred[:, known]
        spread[source, known] = np.maximum(apart.std(axis=0), 1e-12)
        largest = np.maximum(largest, (apart / spread[source, known]).max(axis=1))
    return spread, float(np.quantile(largest, LEVEL))
