"""How well voters match where they do not look for the same labels.

Each pair is compared only on structures that both look for, and only in voxels where both say yes or no.
"""

from collections.abc import Iterator

import numpy as np

from .meanings import Meanings
from .means import mean
from .votes import Votes

_LEAST_MEAN = 1e-3
"""Replaces any smaller mean Dice of a structure, because its logarithm would outweigh all others."""


def structure_dice_with(votes: Votes, meanings: Meanings, labels: np.ndarray) -> np.ndarray:
    """As :func:`.overlap.dice_with`, over the structures that each voter looks for."""
    return _mean_of_structures(dice_of_structures(votes, meanings, labels))


def comparable_dice(dice: np.ndarray, meanings: Meanings) -> np.ndarray:
    """Mean Dice of each voter over the structures that it looks for, shape (K,), to tell which voter is better.

    Where voters do not look for the same, the structures are brought to one scale first. Otherwise voters of an easy
    structure would seem better. A structure that only one voter looks for tells nothing.

    Args:
        dice: of each of K voters for each of N structures, shape (K, N); NaN where there is none.
        meanings: what the voters look for.
    """
    if not meanings.looked_for.all():
        dice = np.where(meanings.looked_for.sum(axis=0) > 1, dice, np.nan)
        dice = dice ** _powers_to_one_scale(mean(dice, axis=0))
    return _mean_of_structures(dice)


def dice_of_structures(votes: Votes, meanings: Meanings, labels: np.ndarray) -> np.ndarray:
    """Dice of each voter with a label map for each structure, shape (K, N).

    It is NaN where the voter does not look for the structure, and where neither shows it.

    Args:
        votes: of the K voters.
        meanings: what they stand for, with N structures.
        labels: index of the label map's label in each pattern, shape (P,).
    """
    dice = np.full(meanings.looked_for.shape, np.nan)
    for structure, (yes, tells) in enumerate(_answers(votes, meanings)):
        inside = meanings.structures[structure][labels]
        shared = votes.counts @ (yes & inside[:, np.newaxis])
        total = votes.counts @ yes + (votes.counts * inside) @ tells
        compared = (total > 0) & meanings.looked_for[:, structure]
        np.divide(2 * shared, total, out=dice[:, structure], where=compared)
    return dice


def structure_pairwise_dice(votes: Votes, meanings: Meanings) -> np.ndarray:
    """As :func:`.overlap.pairwise_dice`, over the structures that both of a pair look for.

    Two voters may have no structure in common. Their Dice is then the mean Dice of the pairs that have one, times the
    geometric mean of both voters' relative quality. The reason: where voters err independently, the matrix has rank
    one. A voter's relative quality is its mean Dice with the others, divided by the mean of all pairs, structure by
    structure.

    Where voters do not look for the same, the structures are brought to one scale first. Otherwise voters of an easy
    structure would seem to repeat each other.
    """
    alone = np.eye(votes.n_voters, dtype=bool)
    found = np.full((len(meanings.structures), votes.n_voters, votes.n_voters), np.nan)
    for structure, (yes, tells) in enumerate(_answers(votes, meanings)):
        rows = np.flatnonzero(yes.any(axis=1))
        given = yes[rows].astype(float)
        counted = given.T * votes.counts[rows]
        volumes = counted @ tells[rows]
        total = volumes + volumes.T
        looking = np.logical_and.outer(*2 * [meanings.looked_for[:, structure]])
        np.divide(2 * counted @ given, total, out=found[structure], where=(total > 0) & looking)
    if not meanings.looked_for.all():
        found = to_one_scale(found)
    dice = mean(found, axis=0)
    dice = np.where(np.isnan(dice), 1, dice)
    known = np.matmul(meanings.looked_for, meanings.looked_for.T)
    if known.all():
        return dice
    quality = _relative_quality(np.where(alone, np.nan, found))
    pairs = known & ~alone
    expected = np.mean(dice, where=pairs) if pairs.any() else 1.0
    return np.where(known | alone, dice, np.minimum(expected * np.sqrt(np.outer(*2 * [quality])), 1))


def to_one_scale(dice: np.ndarray) -> np.ndarray:
    """Raise the Dice of each structure to a power, so that all structures have about the same mean.

    A power leaves the Dice of equal label maps at 1. Where voters err independently, their Dice is a product of two
    qualities, and so is its power.

    Args:
        dice: of each pair of voters in each structure, shape (N, K, K); NaN where it is not compared.
    """
    means = mean(np.where(np.eye(dice.shape[1], dtype=bool), np.nan, dice), axis=(1, 2))
    return np.asarray(dice ** _powers_to_one_scale(means)[:, np.newaxis, np.newaxis])


def _powers_to_one_scale(means: np.ndarray) -> np.ndarray:
    """Power for the Dice of each structure that turns the mean of the structure into that of all, shape (N,).

    Args:
        means: mean Dice of each structure, shape (N,); NaN where nothing is compared.
    """
    known = np.isfinite(means)
    logs = np.log(np.clip(means, _LEAST_MEAN, 1))
    of_all = logs[known].mean() if known.any() else 0.0
    return np.divide(of_all, logs, out=np.ones(len(means)), where=known & (logs < 0))


def _mean_of_structures(dice: np.ndarray) -> np.ndarray:
    """Mean Dice of each voter over the structures where it has one, shape (K,); 1 where it has none."""
    means = mean(dice, axis=1)
    return np.where(np.isnan(means), 1, means)


def _relative_quality(found: np.ndarray) -> np.ndarray:
    """Mean Dice of each voter with the others, divided by that of all pairs, structure by structure, shape (K,).

    It is 1 where voters cannot be compared, and where no two of them overlap.

    Args:
        found: Dice of each pair in each structure, shape (N, K, K); NaN on the diagonal and where it is not compared.
    """
    of_voters, of_all = mean(found, axis=2), mean(found, axis=(1, 2))[:, np.newaxis]
    ratio = np.divide(of_voters, of_all, out=np.where(np.isnan(of_voters), np.nan, 1), where=of_all > 0)
    return _mean_of_structures(ratio.T)


def _answers(votes: Votes, meanings: Meanings) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each structure, whether each vote says that a voxel is in it, and whether it says yes or no, shape (P, K)."""
    for structure in range(len(meanings.structures)):
        yes, tells = meanings.answers(structure)
        yield yes[votes.patterns], tells[votes.patterns]
