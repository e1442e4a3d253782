"""How a Dice with the truth follows from how well sources match what they have in common.

The farther sources are from each other, the more errors they also share, which no agreement shows. In our sets this is
one law, from set to set, from structure to structure and from image to image: the odds of the Dice (Dice to 1 − Dice)
are a factor times a power of the odds of the match (docs/how_to/trusted_source.md).
"""

import numpy as np

SLOPE = 0.75
"""The power: by how much the log odds of the Dice differ where those of the match differ by 1."""

LEAST_FACTOR = -0.5
"""Logarithm of the factor in the one of our sets whose sources share most errors."""

_LEAST = 0.01
"""No Dice and no match is known to be nearer to 0 or 1."""


def log_odds(share: np.ndarray | float) -> np.ndarray:
    """Log odds of shares from 0 to 1."""
    sure = np.clip(share, _LEAST, 1 - _LEAST)
    found: np.ndarray = np.log(sure / (1 - sure))
    return found


def from_log_odds(values: np.ndarray | float) -> np.ndarray:
    """Shares from 0 to 1 that have these log odds."""
    found: np.ndarray = 1 / (1 + np.exp(-np.asarray(values)))
    return found
