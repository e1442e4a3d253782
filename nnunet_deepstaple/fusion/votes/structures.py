"""How well voters match where they do not look for the same labels.

Each pair is compared only on structures that both look for, and only in voxels where both say yes or no.
"""

from collections.abc import Iterator

import numpy as np

from .meanings import Meanings
from .votes import Votes

_LEAST_MEAN = 1e-3
"""Replaces any smaller mean Dice of a structure, because its logarithm would outweigh all others."""


def structure_dice_with(votes: Votes, meanings: Meanings, labels: np.ndarray) -> np.ndarray:
    """As :func:`.overlap.dice_with`, over the structures that each voter looks for."""
    return _mean_of_structures(dice_of_structures(votes, meanings, labels))


def comparable_dice(dice: np.ndarray, meanings: Meanings) -> np.ndarray:
    """Mean Dice of each voter over the structures that it looks for, shape (K,), to tell which voter is better.

    Where voters do not look for the same, the structures are brought to one scale first. Else whoever looks for the
    easy structures would seem better. A structure that only one voter looks for tells nothing.

    Args:
        dice: of each of K voters for each of N structures, shape (K, N); NaN where there is none.
        meanings: what the voters look for.
    """
    if not meanings.looked_for.all():
        dice = np.where(meanings.looked_for.sum(axis=0) > 1, dice, np.nan)
        dice = dice ** _powers_to_one_scale(_mean(dice, np.isfinite(dice), axis=0))
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

    Where voters do not look for the same, the structures are brought to one scale first. Else two voters of easy
    structures would seem to repeat each other, beside others whose structures are hard.
    """
    found = np.zeros((len(meanings.structures), votes.n_voters, votes.n_voters))
    compared = np.zeros(found.shape, bool)
    for structure, (yes, tells) in enumerate(_answers(votes, meanings)):
        rows = np.flatnonzero(yes.any(axis=1))
        given = yes[rows].astype(float)
        counted = given.T * votes.counts[rows]
        volumes = counted @ tells[rows]
        total = volumes + volumes.T
        looking = np.logical_and.outer(*2 * [meanings.looked_for[:, structure]])
        compared[structure] = (total > 0) & looking
        np.divide(2 * counted @ given, total, out=found[structure], where=compared[structure])
    if not meanings.looked_for.all():
        means = _mean(found, compared & ~np.eye(votes.n_voters, dtype=bool), axis=(1, 2))
        found = found ** _powers_to_one_scale(means)[:, np.newaxis, np.newaxis]
    shown = compared.sum(axis=0)
    dice = np.divide(found.sum(axis=0), shown, out=np.ones(shown.shape), where=shown > 0)
    known = np.matmul(meanings.looked_for, meanings.looked_for.T)
    if known.all():
        return dice
    quality = _relative_quality(found, compared)
    pairs = known & ~np.eye(len(dice), dtype=bool)
    expected = np.mean(dice, where=pairs) if pairs.any() else 1.0
    return np.where(
        known | np.eye(len(dice), dtype=bool), dice, np.minimum(expected * np.sqrt(np.outer(*2 * [quality])), 1)
    )


def _powers_to_one_scale(means: np.ndarray) -> np.ndarray:
    """Power for the Dice of each structure that turns the mean of the structure into that of all, shape (N,).

    A power leaves the Dice of equal label maps at 1. Where voters err independently, their Dice is a product of two
    qualities, and so is its power.

    Args:
        means: mean Dice of each structure, shape (N,); NaN where nothing is compared.
    """
    known = np.isfinite(means)
    logs = np.log(np.clip(means, _LEAST_MEAN, 1))
    of_all = logs[known].mean() if known.any() else 0.0
    return np.divide(of_all, logs, out=np.ones(len(means)), where=known & (logs < 0))


def _mean_of_structures(dice: np.ndarray) -> np.ndarray:
    """Mean of each row without NaN, shape (K,) from (K, N); 1 where there is nothing else."""
    means = _mean(dice, np.isfinite(dice), axis=1)
    return np.where(np.isnan(means), 1, means)


def _mean(dice: np.ndarray, known: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """Mean of the known values along some axes; NaN where none is known."""
    count = known.sum(axis=axis)
    return np.divide(np.where(known, dice, 0).sum(axis=axis), count, out=np.full(count.shape, np.nan), where=count > 0)


def _relative_quality(found: np.ndarray, compared: np.ndarray) -> np.ndarray:
    """Mean Dice of each voter with the others, divided by that of all pairs, structure by structure, shape (K,).

    It is 1 where voters cannot be compared, and where no two of them overlap.

    Args:
        found: Dice of each pair in each structure, shape (N, K, K); 0 where they are not compared.
        compared: whether it is compared, shape (N, K, K).
    """
    others = compared & ~np.eye(found.shape[1], dtype=bool)
    of_pairs = others.sum(axis=2)
    of_voters = np.divide((found * others).sum(axis=2), of_pairs, out=np.ones(of_pairs.shape), where=of_pairs > 0)
    of_all = (found * others).sum(axis=(1, 2)) / np.maximum(others.sum(axis=(1, 2)), 1)
    ratio = np.divide(of_voters, of_all[:, np.newaxis], out=np.ones(of_voters.shape), where=of_all[:, np.newaxis] > 0)
    some = of_pairs > 0
    return np.divide((ratio * some).sum(axis=0), some.sum(axis=0), out=np.ones(ratio.shape[1]), where=some.any(axis=0))


def _answers(votes: Votes, meanings: Meanings) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each structure, whether each vote says that a voxel is in it, and whether it says yes or no, shape (P, K)."""
    for structure in range(len(meanings.structures)):
        yes, tells = meanings.answers(structure)
        yield yes[votes.patterns], tells[votes.patterns]
