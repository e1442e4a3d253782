"""How well voters match where they do not look for the same labels.

Each pair is compared only on structures that both look for, and only in voxels where both say yes or no.
"""

from collections.abc import Iterator

import numpy as np

from .meanings import Meanings
from .votes import Votes


def structure_dice_with(votes: Votes, meanings: Meanings, labels: np.ndarray) -> np.ndarray:
    """As :func:`.overlap.dice_with`, over the structures that each voter looks for."""
    dice = dice_of_structures(votes, meanings, labels)
    shown = np.isfinite(dice)
    return np.divide(np.nansum(dice, axis=1), shown.sum(axis=1), out=np.ones(len(dice)), where=shown.any(axis=1))


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
    structure. So it does not depend on which structures are easy.
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
