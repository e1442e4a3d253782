"""What K voters say about an image, collapsed to their distinct patterns."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ...files.boxes import Box, paint
from ...files.label_values import present_labels
from .meanings import Meanings
from .sides import Sides


@dataclass(frozen=True)
class Votes:
    """What K voters say, as P distinct patterns over L labels; a rule sees nothing else.

    Attributes:
        labels: label values in ascending order, shape (L,), uint16; the first is always the background, 0.
        patterns: index into ``labels`` of each voter's vote, shape (P, K), uint8 or uint16; L where the voter abstains;
            more than L where the vote stands for one of several labels. In the first pattern every voter says
            background, or its value 0 stands for several labels.
        counts: voxels with each pattern, shape (P,), int64; only the first may be zero.
        meanings: what the votes stand for; None where all voters look for all labels, and each vote is one label or
            none.
    """

    labels: np.ndarray
    patterns: np.ndarray
    counts: np.ndarray
    meanings: Meanings | None = field(default=None, kw_only=True)

    @property
    def n_labels(self) -> int:
        """L, the background included."""
        return len(self.labels)

    @property
    def n_voters(self) -> int:
        """K."""
        return int(self.patterns.shape[1])

    @property
    def silence(self) -> np.ndarray | None:
        """Where voters abstain, shape (P, K), bool; None where no voter ever abstains, which is the usual case."""
        return self.patterns == self.n_labels if self.patterns.max(initial=0) >= self.n_labels else None

    @property
    def heard(self) -> np.ndarray:
        """Whether anybody votes in each pattern, shape (P,), bool."""
        heard: np.ndarray = np.any(self.patterns != self.n_labels, axis=1)
        return heard

    @cached_property
    def sides(self) -> Sides:
        """What the voters of each pattern say, and who says it."""
        return Sides.of(self.patterns)

    def of_voters(self, places: slice | np.ndarray) -> "Votes":
        """The votes of some voters only, over the same patterns; equal patterns are not merged."""
        if self._are_all(places):
            return self
        return Votes(self.labels, self.patterns[:, places], self.counts, meanings=self._meanings_of(places))

    def of_patterns(self, rows: np.ndarray | slice) -> "Votes":
        """The votes of all voters in some patterns only; ``rows`` are indices, a slice or a mask, shape (P,)."""
        return Votes(self.labels, self.patterns[rows], self.counts[rows], meanings=self.meanings)

    def shown_by(self, place: int) -> set[int]:
        """Foreground values that one voter shows."""
        indices = present_labels(self.patterns[:, place])
        return set(self.labels[indices[indices < self.n_labels]].tolist()) - {0}

    def _are_all(self, places: slice | np.ndarray) -> bool:
        return isinstance(places, slice) and range(self.n_voters)[places] == range(self.n_voters)

    def _meanings_of(self, places: slice | np.ndarray) -> Meanings | None:
        return None if self.meanings is None else self.meanings.of_voters(places)


@dataclass(frozen=True)
class VoteMap(Votes):
    """Votes, and where in the image each pattern stands.

    Attributes:
        shape: shape of the image, (z, y, x) or (y, x).
        box: bounding box of all foreground in (z, y, x).
        codes: row of ``patterns`` for each voxel of the box, shape of the box.
    """

    shape: tuple[int, ...]
    box: Box
    codes: np.ndarray

    def of_voters(self, places: slice | np.ndarray) -> "VoteMap":
        """The votes of some voters only, over the same patterns."""
        if self._are_all(places):
            return self
        return replace(self, patterns=self.patterns[:, places], meanings=self._meanings_of(places))

    def paint(self, values: np.ndarray) -> np.ndarray:
        """Image in which each voxel has its pattern's value.

        Args:
            values: one value per pattern, shape (P,), any type.

        Returns:
            Array of ``shape`` and the type of ``values``.
        """
        return paint(values, self.codes, self.box, self.shape)


def merge_equal(patterns: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Merge equal patterns; they arise when several labels are treated as one.

    Args:
        patterns: shape (P, K).
        counts: shape (P,).

    Returns:
        The Q distinct patterns, shape (Q, K); their counts, shape (Q,); and for each of the P patterns its row among
        the Q, shape (P,).
    """
    keys = np.ascontiguousarray(patterns).view(f"V{patterns.shape[1] * patterns.itemsize}").reshape(-1)
    _, first, rows = np.unique(keys, return_index=True, return_inverse=True)
    return patterns[first], np.bincount(rows, weights=counts), rows
