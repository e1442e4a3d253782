"""What voters are worth, as the rules take it and give it."""

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
    """

    of_voters: np.ndarray
    quality: Mapping[str, np.ndarray] = field(default_factory=dict)
    convergence: Mapping[str, int | bool] = field(default_factory=dict)

    @classmethod
    def equal(cls, n_voters: int) -> "Weights":
        """The same for each of K voters."""
        return cls(np.full(n_voters, 1 / n_voters))


def effective_number(weights: np.ndarray) -> float:
    """Effective number of voters, 1 / Σw², for weights that sum to one (Kish, Survey Sampling, 1965)."""
    return 1 / math.fsum((weights**2).tolist())
