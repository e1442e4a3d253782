"""What a fusion rule answers, and how the winning label is chosen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

TIE = 1e-9
"""Labels whose probabilities differ by less are tied: the sums that make them carry float noise."""


@dataclass(frozen=True)
class Consensus:
    """One rule's answer for P vote patterns of K candidates over L labels.

    Attributes:
        labels: index of the winning label, shape (P,).
        probabilities: probability (or share of the votes) of each label, shape (P, L), float64; rows sum to one.
        weights: share of each candidate in the vote, shape (K,), summing to one; None where the rule has none.
        quality: what the rule estimated of each candidate, by name: shape (K,) or, per label, (K, L).
        convergence: how an iterative rule ended (``iterations``, ``converged``); empty for the others.
        warnings: what a user should know, one sentence each.
        by_dice: whether the labels are those of the largest expected Dice (:mod:`.expected_dice`), not of the largest
            probability.
    """

    labels: np.ndarray
    probabilities: np.ndarray
    weights: np.ndarray | None = None
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    convergence: Mapping[str, int | bool] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    by_dice: bool = False


Rule = Callable[[np.ndarray, np.ndarray, int, np.ndarray], Consensus]
"""A fusion rule: ``rule(patterns, counts, n_labels, weights)``.

``patterns`` has shape (P, K) and holds label indices from 0 (background) to ``n_labels - 1``; its first row is
background by every candidate. Where a candidate abstains, having marked a voxel as ignored, it holds ``n_labels``
(:func:`silence`): such a vote is none, and counts nowhere.
``counts`` has shape (P,): voxels with each pattern, zero possible for the first row.
``weights`` has shape (K,) and sums to one; rules that estimate the candidates' quality themselves leave it.
"""


def decide(probabilities: np.ndarray, patterns: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Index of the winning label of each pattern.

    A tie goes to the label of the candidate with the largest weight, and then to the smallest label; it never makes a
    label that no candidate has.

    Args:
        probabilities: shape (P, L).
        patterns: label index of each vote, shape (P, K).
        weights: of the candidates, shape (K,); None when they are all the same.

    Returns:
        Label indices, shape (P,).
    """
    winners = probabilities.argmax(axis=1)
    tied = probabilities >= probabilities.max(axis=1, keepdims=True) - TIE
    rows = np.flatnonzero(tied.sum(axis=1) > 1)
    if rows.size:
        candidates = tied[rows]
        if weights is not None:
            heaviest = np.zeros((rows.size, candidates.shape[1] + 1))  # the last is for those who abstain
            np.maximum.at(heaviest, (np.arange(rows.size)[:, np.newaxis], patterns[rows]), weights)
            heaviest = heaviest[:, :-1]
            heaviest[~candidates] = -1
            candidates &= heaviest >= heaviest.max(axis=1, keepdims=True) - TIE
        winners[rows] = candidates.argmax(axis=1)
    return winners


def silence(patterns: np.ndarray, n_labels: int) -> np.ndarray | None:
    """Where candidates abstain, shape (P, K); None where none ever does, as nearly always.

    Args:
        patterns: label index of each vote, shape (P, K).
        n_labels: L.
    """
    return patterns == n_labels if patterns.max(initial=0) >= n_labels else None


def merge_equal(patterns: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge equal patterns, as they arise when several labels are taken as one.

    Args:
        patterns: shape (P, K).
        counts: shape (P,).

    Returns:
        The Q distinct patterns, shape (Q, K); their counts, shape (Q,); and for each of the P patterns the row that
        it became, shape (P,).
    """
    keys = np.ascontiguousarray(patterns).view(f"V{patterns.shape[1] * patterns.itemsize}").reshape(-1)
    _, first, rows = np.unique(keys, return_index=True, return_inverse=True)
    return patterns[first], np.bincount(rows, weights=counts), rows
