"""What voters are worth, as rules get it and return it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Weights:
    """What K voters are worth.

    Attributes:
        of_voters: shape (K,), not negative, summing to one.
        quality: what was estimated of each voter on the way, by name: shape (K,).
        convergence: how an iteration ended (``iterations``, ``converged``); empty without one.
        dependence: how far each pair of voters is a single voter (:func:`.dependence.dependence`), shape (K, K); None
            where it was not estimated.
        of_all: weights before voters were rejected, shape (K,). They decide how sure the consensus is. None where they
            are the same.
    """

    of_voters: np.ndarray
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    convergence: Mapping[str, int | bool] = field(default_factory=dict)
    dependence: np.ndarray | None = None
    of_all: np.ndarray | None = None

    @classmethod
    def equal(cls, n_voters: int) -> "Weights":
        """The same for each of K voters."""
        return cls(np.full(n_voters, 1 / n_voters))


def effective_number(weights: np.ndarray, dependence: np.ndarray | None = None) -> float:
    """Effective number of voters, 1 / Σw², for weights that sum to one (Kish, Survey Sampling, 1965).

    Where voters make the same errors, it is 1 / wᵀCw with their dependence C: m copies of equal weight count once.

    Args:
        weights: shape (K,), summing to one.
        dependence: shape (K, K); None where voters are independent.
    """
    if dependence is None:
        return 1 / math.fsum((weights**2).tolist())
    return 1 / math.fsum((np.multiply.outer(weights, weights) * dependence).ravel().tolist())
