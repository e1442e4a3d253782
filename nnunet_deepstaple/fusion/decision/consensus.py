"""What a fusion rule answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..votes.shares import Shares


@dataclass(frozen=True)
class Consensus:
    """One rule's answer for P vote patterns of K candidates over L labels.

    Attributes:
        labels: index of the winning label, shape (P,).
        shares: probability (or share of the votes) of each label; an array has shape (P, L), and rows sum to one.
        weights: share of each candidate in the vote, shape (K,), summing to one; None where the rule has none.
        quality: what the rule estimated of each candidate, by name: shape (K,) or, per label, (K, L).
        convergence: how an iterative rule ended (``iterations``, ``converged``); empty for the others.
        warnings: what a user should know, one sentence each.
        by_dice: whether the labels have the largest expected Dice (:mod:`.expected_dice`), instead of the largest
            probability.
        dependence: how far each pair of voters is a single voter, shape (K, K); None where the rule does not estimate
            it.
        of_all: weights before voters were rejected, shape (K,); None where they are the same.
        by_labels: weights before images were compared, shape (K,); None where none were.
    """

    labels: np.ndarray
    shares: Shares
    weights: np.ndarray | None = None
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    convergence: Mapping[str, int | bool] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    by_dice: bool = False
    dependence: np.ndarray | None = None
    of_all: np.ndarray | None = None
    by_labels: np.ndarray | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", Shares.of(self.shares))

    @property
    def probabilities(self) -> np.ndarray:
        """Probability (or share of the votes) of each label, shape (P, L), float64."""
        return np.asarray(self.shares)
