"""Spectral weights: the overlaps of the voters with each other show how good each voter is."""

import numpy as np

from ..decision.calibration import exponent_of
from ..votes.overlap import mean_dice
from .dependence import dependence, independence
from .weights import Weights, effective_number

POWER = 8.0
"""Weights are this power of a voter's entry in the eigenvector (docs/results.md)."""

ENOUGH = 10.0
"""Least number of effective voters that rejection leaves where voters err independently (docs/results.md)."""


_SAME = 1e-9


def spectral_weights(dice: np.ndarray, power: float = POWER) -> Weights:
    """Weigh each voter by a power of its entry in the leading eigenvector of the pairwise Dice.

    Parisi, Strino, Nadler and Kluger, "Ranking and combining multiple predictors without labeled data", PNAS 111(4),
    2014. Where voters err independently, the covariance of two voters is the product of their qualities. So the matrix
    off its diagonal has rank one, and its eigenvector ranks the voters. Here the Dice coefficient, averaged over
    foreground labels, replaces the covariance, because it does not depend on the background.

    Voters that make the same errors (:func:`.dependence.dependence`) do not confirm each other. They share one vote: m
    copies have the weight of one voter.

    Where there are many voters, the least central one is rejected, and the others are weighed again. This is repeated
    while the least central voter lies more than a standard deviation below the mean, and enough effective voters are
    left. Enough is :data:`ENOUGH` where voters err independently. It is fewer where voters overlap so much that they
    share errors (:func:`~..decision.calibration.exponent_of`), because shared errors do not average out. SIMPLE also
    rejects voters and votes again (Langerak et al., IEEE TMI 29(12), 2010).

    Args:
        dice: of each pair (:func:`~..votes.overlap.pairwise_dice`), shape (K, K).
        power: of the eigenvector's entries.

    Returns:
        The weights, the dependence, and as quality ``centrality``: the eigenvector's entries divided by the largest,
        shape (K,). A rejected voter keeps the value of its last round.
    """
    together = dependence(dice)
    kept = np.arange(len(dice))
    centrality = centrality_of(dice, together)
    entries, weights = centrality, _powers(centrality, together, power)
    of_all = weights / weights.sum()
    enough = ENOUGH * exponent_of(mean_dice(dice, of_all, together))
    while (worst := _outliers(entries, together[np.ix_(kept, kept)])).any():
        fewer = kept[~worst]
        among = np.ix_(fewer, fewer)
        entries = centrality_of(dice[among], together[among])
        remaining = _powers(entries, together[among], power)
        if effective_number(remaining / remaining.sum(), together[among]) < enough:
            break
        kept, weights = fewer, np.zeros(len(dice))
        weights[kept], centrality[kept] = remaining, entries
    return Weights(weights / weights.sum(), {"centrality": centrality}, dependence=together, of_all=of_all)


def centrality_of(dice: np.ndarray, together: np.ndarray) -> np.ndarray:
    """Entry of each voter in the leading eigenvector, the largest 1, shape (K,).

    Voters confirm each other as far as they are independent. Each group of copies counts as one voter.

    Args:
        dice: of each pair, shape (K, K).
        together: their dependence, shape (K, K).
    """
    say = np.sqrt(independence(together))
    entries = leading_eigenvector(dice * (1 - together) * np.multiply.outer(say, say)) / say
    return np.asarray(entries / entries.max())


def leading_eigenvector(dice: np.ndarray) -> np.ndarray:
    """Entries of the leading eigenvector of a symmetric matrix without its diagonal, the largest 1, shape (K,).

    Several eigenvectors may lead together, for example when no voter of one group overlaps with another group. Then the
    result is the one nearest to equal entries, which does not depend on the voters' order.
    """
    values, vectors = np.linalg.eigh(dice - np.diag(np.diag(dice)))
    leading = vectors[:, values >= values[-1] - 1e-9]
    entries = np.abs(leading @ leading.sum(axis=0))
    return entries / entries.max()


def _powers(entries: np.ndarray, together: np.ndarray, power: float) -> np.ndarray:
    return entries**power * independence(together)


def _outliers(entries: np.ndarray, together: np.ndarray) -> np.ndarray:
    """Mark the least central voter if it lies more than a standard deviation below the mean; shape (K,), bool."""
    say = independence(together) / independence(together).sum()
    mean = say @ entries
    deviation = np.sqrt(say @ (entries - mean) ** 2)
    return (entries <= entries.min() + _SAME) & (entries < mean - deviation - _SAME)
