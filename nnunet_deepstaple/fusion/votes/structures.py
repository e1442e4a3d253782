"""How well voters match where they do not look for the same labels.

Each pair is compared only on structures that both look for, and only in voxels where both say yes or no.
"""

from collections.abc import Iterator

import numpy as np

from .meanings import Meanings
from .votes import Votes


def structure_dice_with(votes: Votes, meanings: Meanings, labels: np.ndarray) -> np.ndarray:
    """As :func:`.overlap.dice_with`, over the structures that each voter looks for."""
    dice, shown = np.zeros((2, votes.n_voters))
    for structure, (yes, tells) in enumerate(_answers(votes, meanings)):
        inside = meanings.structures[structure][labels]
        shared = votes.counts @ (yes & inside[:, np.newaxis])
        total = votes.counts @ yes + (votes.counts * inside) @ tells
        compared = (total > 0) & meanings.looked_for[:, structure]
        dice += np.divide(2 * shared, total, out=np.zeros(total.shape), where=compared)
        shown += compared
    return np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)


def structure_pairwise_dice(votes: Votes, meanings: Meanings) -> np.ndarray:
    """As :func:`.overlap.pairwise_dice`, over the structures that both of a pair look for.

    Two voters may have no structure in common. Their Dice is then the geometric mean of their mean Dice with the other
    voters. The reason: where voters err independently, the matrix has rank one.
    """
    dice, shown, both = np.zeros((3, votes.n_voters, votes.n_voters))
    for structure, (yes, tells) in enumerate(_answers(votes, meanings)):
        rows = np.flatnonzero(yes.any(axis=1))
        given = yes[rows].astype(float)
        counted = given.T * votes.counts[rows]
        volumes = counted @ tells[rows]
        total = volumes + volumes.T
        looking = np.logical_and.outer(*2 * [meanings.looked_for[:, structure]])
        compared = (total > 0) & looking
        dice += np.divide(2 * counted @ given, total, out=np.zeros(total.shape), where=compared)
        shown += compared
        both += looking
    dice = np.divide(dice, shown, out=np.ones(dice.shape), where=shown > 0)
    return _filled(dice, both > 0)


def _answers(votes: Votes, meanings: Meanings) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each structure, whether each vote says that a voxel is in it, and whether it says yes or no, shape (P, K)."""
    for structure in range(len(meanings.structures)):
        yes, tells = meanings.answers(structure)
        yield yes[votes.patterns], tells[votes.patterns]


def _filled(dice: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The matrix with its unknown entries filled."""
    if known.all():
        return dice
    known = known & ~np.eye(len(dice), dtype=bool)
    means = np.divide((dice * known).sum(axis=1), known.sum(axis=1), out=np.ones(len(dice)), where=known.any(axis=1))
    return np.where(known | np.eye(len(dice), dtype=bool), dice, np.sqrt(np.outer(means, means)))
