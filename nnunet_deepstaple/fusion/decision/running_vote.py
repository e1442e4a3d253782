"""A weighted vote that is taken again and again, while the weights of its voters settle."""

import numpy as np

from ..votes.overlap import dice_with
from ..votes.shares import Shares, shares_of_sides, vote_shares
from ..votes.sides import Sides
from ..votes.structures import comparable_dice, dice_of_structures
from ..votes.votes import Votes
from .argmax import TIE, lead_of, winning_shares


class RunningVote:
    """The winners of the last vote, and a bound on how far each one leads.

    If the weights change by δ in sum, no label's share gains more than δ on the winner's. So a lead above δ is safe,
    and its pattern is not decided again.

    Attributes:
        votes: of the K voters.
        labels: index of the winning label of each pattern, shape (P,); it changes in place.
    """

    def __init__(self, votes: Votes) -> None:
        self.votes = votes
        self.labels = np.zeros(len(votes.patterns), np.intp)
        self._lead = np.full(len(votes.patterns), -np.inf)  # at least so far does the winner lead
        self._weights = np.zeros(votes.n_voters)
        self._divided = votes.silence is not None or votes.meanings is not None  # then a small weight may count much
        self._compared = self.labels.copy()  # of the winners that shared() has counted, all background at first
        self._shared = np.zeros((votes.n_voters, votes.n_labels))

    def again(self, weights: np.ndarray, margin: float = 0.0) -> tuple[np.ndarray, Shares, np.ndarray]:
        """Vote with new weights, shape (K,), summing to one, and decide what they can change.

        Args:
            weights: of the voters.
            margin: patterns whose winner may lead by this or less are decided, too.

        Returns:
            The N patterns that were decided, ascending; their shares; and how far each of their winners leads, shape
            (N,).
        """
        self._lead -= np.abs(weights - self._weights).sum()
        self._weights = weights
        if self._divided:
            rows, shares = np.arange(len(self._lead)), vote_shares(self.votes, weights)
        else:
            rows = np.flatnonzero(self._lead <= margin + 2 * TIE)
            shares = shares_of_sides(self._sides_of(rows), weights, self.votes.n_labels)
        winning = winning_shares(shares, self.votes, weights, rows)
        self.labels[rows] = shares.labels[winning]
        self._lead[rows] = lead_of(shares, winning)
        return rows, shares, self._lead[rows]

    def shared(self) -> np.ndarray:
        """Voxels of each label that each voter shares with the winners, shape (K, L); the background does not count.

        Only winners that changed since the last call are counted.
        """
        changed = np.flatnonzero(self.labels != self._compared)
        if 2 * len(changed) > len(self.labels):  # then to look at all of them is quicker than to pick some
            changed = np.arange(len(self.labels))
        sides, now, before = self._sides_of(changed), self.labels[changed], self._compared[changed]
        counts = self.votes.counts[changed]
        for labels, sign in ((now, 1), (before, -1)):
            of_sides = labels.astype(sides.labels.dtype)[sides.rows]
            places = np.flatnonzero((sides.labels == of_sides) & (of_sides > 0))
            more = sides.counted(places, counts, self.votes.n_labels)
            self._shared = self._shared + sign * more
        self._compared[changed] = now
        return self._shared

    def _sides_of(self, rows: np.ndarray) -> Sides:
        """The sides of some patterns, indices, ascending."""
        sides = self.votes.sides
        return sides if len(rows) == len(self.labels) else sides.of_patterns(rows)

    def dice(self, volumes: np.ndarray) -> np.ndarray:
        """Mean Dice of each voter with the winners, shape (K,), see :func:`~..votes.overlap.dice_with`.

        Where voters do not look for the same, it is :func:`~..votes.structures.comparable_dice`.
        """
        meanings = self.votes.meanings
        if meanings is not None:
            return comparable_dice(dice_of_structures(self.votes, meanings, self.labels), meanings)
        return dice_with(self.votes, self.labels, volumes, self.shared())
