"""Who says what: in each pattern, each label that voters give, and the voters who give it.

A pattern of many voters holds few labels. So a sum over its voters is a sum over few sides, and the voters of a side
are the bits of a few bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

_CHUNK = 1 << 20
"""Votes that are sorted into sides at once, so that the work fits in a cache."""

_LOOKED_UP = 1 << 16
"""Sides that are looked up at once, because NumPy widens them."""

_EXACT = 60
"""Weights are whole numbers of 2 ** -60 of their sum, so that a sum does not depend on the order of its terms."""

_POWERS = 1 << np.arange(8, dtype=np.uint8)

_BITS = np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1, bitorder="little")
"""Bits of each byte, the lowest first, shape (256, 8)."""


@dataclass(frozen=True)
class Sides:
    """The N sides of P patterns of K voters.

    Attributes:
        n_voters: K.
        labels: what each side says, an index as in the patterns, ascending within a pattern, shape (N,).
        voters: who says so: a bit for each voter, the lowest bit of the first byte for the first, shape (N, B),
            uint8; B is a multiple of four.
        starts: number of the first side of each pattern, and then N, shape (P + 1,).
    """

    n_voters: int
    labels: np.ndarray
    voters: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, patterns: np.ndarray) -> "Sides":
        """The sides of patterns, shape (P, K)."""
        n_voters = patterns.shape[1]
        kind = np.min_scalar_type(int(patterns.max(initial=0)) + 1)  # it holds one number that nobody says
        starts = range(0, max(len(patterns), 1), max(_CHUNK // max(n_voters, 1), 1))
        parts = [_sides(patterns[start : start + starts.step].astype(kind, copy=False)) for start in starts]
        labels, voters, lengths = (np.concatenate(each) for each in zip(*parts, strict=True))
        return cls(n_voters, labels, voters, _starts(lengths))

    @cached_property
    def rows(self) -> np.ndarray:
        """Pattern of each side, shape (N,)."""
        return np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))

    def of_patterns(self, rows: np.ndarray) -> "Sides":
        """The sides of some patterns only; ``rows`` are indices."""
        places, starts = places_of(self.starts, rows)
        return Sides(self.n_voters, self.labels[places], self.voters[places], starts)

    def weight(self, weights: np.ndarray) -> np.ndarray:
        """Sum of the weights, shape (K,), of the voters of each side, shape (N,); in whatever order they are added."""
        _, exponent = np.frexp(weights.sum())
        whole = np.rint(np.ldexp(weights, _EXACT - int(exponent))).astype(np.int64)
        tables = [_BITS @ of_byte for of_byte in _in_bytes(whole)]
        total = np.empty(len(self.labels))
        for start in range(0, len(total), _LOOKED_UP):
            some = slice(start, start + _LOOKED_UP)
            looked_up = (table[byte] for table, byte in zip(tables, self.voters[some].T, strict=True))
            np.multiply(sum(looked_up), np.ldexp(1.0, int(exponent) - _EXACT), out=total[some])
        return total

    def members(self, places: np.ndarray | slice) -> np.ndarray:
        """Whether each voter is on each of some sides, shape (n, K), uint8 of 0 and 1."""
        return np.unpackbits(self.voters[places], axis=1, count=self.n_voters, bitorder="little")

    def counted(self, places: np.ndarray | slice, counts: np.ndarray, n_labels: int) -> np.ndarray:
        """Voxels of each voter by what some sides say, shape (K, L).

        Args:
            places: of the sides.
            counts: voxels of each pattern, shape (P,).
            n_labels: L.
        """
        labels, voters, rows = self.labels[places], self.voters[places], self.rows[places]
        table = np.zeros((voters.shape[1], n_labels * 256))
        for start in range(0, len(labels), _LOOKED_UP):
            some = slice(start, start + _LOOKED_UP)
            cells, of_sides = labels[some].astype(np.intp) * 256, counts[rows[some]]
            weights = (
                None if (of_sides == 1).all() else of_sides
            )  # all are ones if patterns are many; this is twice as fast
            for place, byte in enumerate(voters[some].T):
                table[place] += np.bincount(cells + byte, weights, 256 * n_labels)
        of_voters = np.swapaxes(table.reshape(-1, n_labels, 256) @ _BITS.astype(float), 1, 2)
        return of_voters.reshape(-1, n_labels)[: self.n_voters]

    def of_label(self, label: int) -> np.ndarray:
        """Numbers of the sides that say a label, ascending."""
        order, starts = self._by_label
        return order[starts[label] : starts[label + 1]] if label + 1 < len(starts) else order[:0]

    @cached_property
    def _by_label(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the sides, ordered by what they say and then by pattern; and where each label begins."""
        return np.argsort(self.labels, kind="stable"), _starts(np.bincount(self.labels))


def places_of(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the entries of some rows of a table whose rows have different lengths, and the starts of these rows.

    Args:
        starts: number of the first entry of each row, and then of all entries, shape (P + 1,).
        rows: indices.
    """
    firsts = starts[rows]
    new = _starts(starts[1:][rows] - firsts)  # rows + 1 would be 0 where the last row fills its type
    return np.arange(new[-1]) + np.repeat(firsts - new[:-1], np.diff(new)), new


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def _in_bytes(values: np.ndarray) -> Iterator[np.ndarray]:
    """Eight of the values at a time, shape (8,); zeros follow the last value, up to a multiple of four bytes."""
    padded = np.zeros(-(-len(values) // 32) * 32, values.dtype)
    padded[: len(values)] = values
    yield from padded.reshape(-1, 8)


def _sides(patterns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the sides of a few patterns say, who is on each, and how many each pattern has.

    The smallest label of each pattern is taken first, then the next larger one, until no voter is left.
    """
    votes = np.array(patterns.T, order="C")  # all patterns of one voter are neighbours
    n_voters, n_patterns = votes.shape
    taken = np.iinfo(votes.dtype).max
    rows, found = np.arange(n_patterns), []
    lengths = np.zeros(n_patterns, np.int64)
    while rows.size:
        least = votes.min(axis=0)
        same = votes == least
        found.append((rows, least, _packed(same.view(np.uint8))))
        lengths[rows] += 1
        np.maximum(votes, np.negative(same.astype(votes.dtype)), out=votes)  # the negative of 1 is the largest number
        left = np.flatnonzero((votes != taken).any(axis=0))
        if len(left) < len(rows):
            rows, votes = rows[left], votes[:, left]
    starts = _starts(lengths)
    labels = np.empty(starts[-1], patterns.dtype)
    words = np.empty((starts[-1], -(-n_voters // 32)), np.uint32)
    for number, (rows, least, packed) in enumerate(found):
        places = starts[rows] + number
        labels[places] = least
        for place, word in enumerate(packed.T.copy().view(np.uint32).T):
            words[places, place] = word
    return labels, words.view(np.uint8), lengths


def _packed(yes: np.ndarray) -> np.ndarray:
    """Pack zeros and ones along the first axis into bits, shape (K, P) into (B, P), the lowest bit first."""
    packed = np.zeros((-(-len(yes) // 32) * 4, yes.shape[1]), np.uint8)
    for byte, start in zip(packed, range(0, len(yes), 8), strict=False):
        some = yes[start : start + 8]
        np.einsum("i,ij->j", _POWERS[: len(some)], some, out=byte)
    return packed
