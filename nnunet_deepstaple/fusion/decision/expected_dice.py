"""Labels of the largest expected Dice: where voters hardly overlap, the largest share alone leaves too little."""

import numpy as np

from ..votes.overlap import mean_dice
from ..votes.shares import Shares
from ..votes.votes import Votes
from .argmax import TIE, decide

OVERLAP = 0.7
"""Voters hardly overlap if their mean pairwise Dice is below this: the union of two of them is then better than their
intersection (docs/results.md)."""


def hardly_overlap(dice: np.ndarray, weights: np.ndarray, dependence: np.ndarray | None = None) -> bool:
    """Whether the mean Dice of all pairs of voters (:func:`~..votes.overlap.mean_dice`) is below :data:`OVERLAP`."""
    return mean_dice(dice, weights, dependence) < OVERLAP


def threshold(shares: np.ndarray, counts: np.ndarray) -> float:
    """Least share of a label at which a voxel belongs to the label map of the largest expected Dice.

    Nordström et al., "On image segmentation with noisy labels: characterization and volume properties of the optimal
    solutions to accuracy and Dice", NeurIPS 2022; Dai and Li, "RankSEG: a consistent ranking-based framework for
    segmentation", JMLR 24, 2023. The shares m are sorted from large to small and treated as independent probabilities.
    Then the first n voxels have the expected Dice D(n) = 2 Σ_{i ≤ n} m_i / (n + Σ m). Let D be its largest value. The
    voxels with a share of at least D/2 reach it. So the threshold D/2 is never above 0.5.

    Args:
        shares: of the label, from 0 to 1, shape (P,).
        counts: voxels with each share, shape (P,).
    """
    order = np.argsort(-shares, kind="stable")
    voxels, mass = np.cumsum(counts[order]), np.cumsum((counts * shares)[order])
    dice = np.divide(2 * mass, voxels + mass[-1], out=np.zeros(mass.shape), where=mass > 0)
    return float(dice.max() / 2)


def decide_by_dice(shares: np.ndarray | Shares, votes: Votes, weights: np.ndarray | None = None) -> np.ndarray:
    """Index of the label of each pattern, so that the expected Dice of each label is largest.

    Where several labels reach their :func:`threshold`, the largest share wins. Ties are settled as in
    :func:`.argmax.decide`. Where no label reaches its threshold, the background wins. A label that nobody gave never
    wins.

    Args:
        shares: of the labels in P patterns; an array has shape (P, L).
        votes: of the K voters.
        weights: of the voters, shape (K,); None when all are equal.

    Returns:
        Label indices, shape (P,).
    """
    shares = Shares.of(shares)
    winners, least = np.zeros(shares.shape[0], np.intp), np.ones(shares.n_labels)
    for label, places in enumerate(shares.by_label[1:], 1):
        if places.size:
            least[label] = threshold(shares.values[places], votes.counts[shares.rows[places]]) - TIE
    reached = (shares.labels > 0) & (shares.values > 0) & (shares.values >= least[shares.labels])
    rows = np.flatnonzero(shares.sums(reached))
    winners[rows] = decide(shares.only(reached), votes.of_patterns(rows), weights)
    return winners
