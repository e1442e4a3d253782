"""Votes × weights = shares: which part of the vote each label has in each pattern."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .meanings import Meanings
from .partial_shares import partial_shares
from .sides import Sides, places_of
from .votes import Votes

_CHUNK = 1 << 17
"""Votes that are counted, or sums that are computed, at once, so that the work fits in a cache."""


_USUAL = 32
"""Neighbouring patterns rarely have more labels than this."""


@dataclass(frozen=True)
class Shares:
    """Share of each label in each of P patterns. A pattern holds few of many labels, so only these are kept.

    NumPy sees the whole table: ``np.asarray(shares)`` has shape (P, L).

    Attributes:
        n_labels: L.
        labels: label index of each of the N shares, ascending within a pattern, shape (N,).
        values: the shares, shape (N,), float64.
        starts: number of the first share of each pattern, and then N, shape (P + 1,). Each pattern has a share.
    """

    n_labels: int
    labels: np.ndarray
    values: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, table: "np.ndarray | Shares") -> "Shares":
        """The shares of a whole table, shape (P, L)."""
        if isinstance(table, Shares):
            return table
        everything, step = np.arange(table.shape[1]), max(_CHUNK // max(table.shape[1], 1), 1)
        return cls._joined(
            table.shape[1], ((table[start : start + step], everything) for start in range(0, len(table), step))
        )

    @classmethod
    def single(cls, labels: np.ndarray, n_labels: int) -> "Shares":
        """One label has the whole share of each pattern, shape (P,)."""
        return cls(n_labels, labels, np.ones(len(labels)), np.arange(len(labels) + 1))

    @classmethod
    def _joined(cls, n_labels: int, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> "Shares":
        """Shares of consecutive patterns: a table of each part, shape (n, W), and the labels of its columns."""
        kind = np.min_scalar_type(n_labels)
        pieces = [(np.zeros(0, kind), np.zeros(0), np.zeros(1, np.intp))]
        for table, present in parts:
            held = table != 0
            lengths = np.count_nonzero(held, axis=1)
            if not lengths.all():
                held[lengths == 0, 0] = True
                lengths = np.maximum(lengths, 1)
            cells = np.flatnonzero(held)
            columns = cells % len(present)
            pieces.append((present.astype(kind)[columns], table.reshape(-1)[cells], lengths))
        labels, values, lengths = (np.concatenate(each) for each in zip(*pieces, strict=True))
        return cls(n_labels, labels, values, np.cumsum(lengths))

    @property
    def shape(self) -> tuple[int, int]:
        """(P, L)."""
        return len(self.starts) - 1, self.n_labels

    @cached_property
    def rows(self) -> np.ndarray:
        """Pattern of each share, shape (N,)."""
        return np.repeat(np.arange(self.shape[0], dtype=np.int32), np.diff(self.starts))

    @cached_property
    def first_foreground(self) -> np.ndarray:
        """Number of the first share of each pattern that is not the background's, shape (P,)."""
        firsts = self.starts[:-1]
        return firsts + (self.labels[firsts] == 0)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        table = np.zeros(self.shape)
        table[self.rows, self.labels] = self.values
        return table if dtype is None else table.astype(dtype)

    def of_label(self, index: int) -> np.ndarray:
        """Share of one label in each pattern, shape (P,)."""
        places = self.by_label[index]
        column = np.zeros(self.shape[0])
        column[self.rows[places]] = self.values[places]
        return column

    def of_labels(self, labels: np.ndarray) -> np.ndarray:
        """Share of one label of each pattern, whose index is in ``labels``, shape (P,)."""
        places = np.flatnonzero(self.labels == labels.astype(self.labels.dtype)[self.rows])
        column = np.zeros(self.shape[0])
        column[self.rows[places]] = self.values[places]
        return column

    def of_patterns(self, rows: np.ndarray) -> "Shares":
        """The shares of some patterns only; ``rows`` are indices."""
        places, starts = places_of(self.starts, rows)
        return Shares(self.n_labels, self.labels[places], self.values[places], starts)

    @cached_property
    def by_label(self) -> list[np.ndarray]:
        """Numbers of the shares of each label, ascending."""
        order = np.argsort(self.labels, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.labels, minlength=self.n_labels))[:-1])

    def parts(self, size: int) -> "Iterator[tuple[slice, Shares]]":
        """The shares of ``size`` patterns at a time, and which patterns these are."""
        if self.shape[0] <= size:
            yield slice(0, self.shape[0]), self
            return
        for start in range(0, self.shape[0], size):
            rows = slice(start, min(start + size, self.shape[0]))
            starts = self.starts[start : rows.stop + 1]
            some = slice(starts[0], starts[-1])
            yield rows, Shares(self.n_labels, self.labels[some], self.values[some], starts - starts[0])

    def only(self, kept: np.ndarray) -> "Shares":
        """Some of the shares, shape (N,), bool; patterns that lose all of theirs are left out."""
        lengths = np.bincount(self.rows[kept])
        starts = np.concatenate([[0], np.cumsum(lengths[lengths > 0])])
        return Shares(self.n_labels, self.labels[kept], self.values[kept], starts)

    def times(self, factor: float) -> "Shares":
        """The same shares, as part of a larger vote."""
        return replace(self, values=self.values * factor)

    def largest(self) -> np.ndarray:
        """Largest share of each pattern, shape (P,)."""
        largest: np.ndarray = np.maximum.reduceat(self.values, self.starts[:-1])
        return largest

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of the numbers that belong to the shares of each pattern, shape (P,)."""
        sums: np.ndarray = np.add.reduceat(values, self.starts[:-1])
        return sums


def vote_shares(votes: Votes, weights: np.ndarray) -> Shares:
    """Share of the weights, shape (K,), that each label gets in each pattern.

    A vote for one of several labels is divided among them. The ratio comes from all votes (:mod:`.partial_shares`).
    A candidate that abstains leaves its weight to the others. If all others have weight zero, they vote with equal
    weights. Where all abstain, the background has the whole share. The sums do not depend on the candidates' order:
    they are exact, or run from the heaviest candidate to the lightest.
    """
    if votes.silence is None and votes.meanings is None:
        return shares_of_sides(votes.sides, weights, votes.n_labels)
    order = np.argsort(-weights, kind="stable")[: np.count_nonzero(weights)]
    return Shares._joined(votes.n_labels, _tables(votes, weights, order))


def shares_of_sides(sides: Sides, weights: np.ndarray, n_labels: int) -> Shares:
    """As :func:`vote_shares`, where each voter gives each pattern one of L labels."""
    return Shares(n_labels, sides.labels, sides.weight(weights), sides.starts)


def _tables(votes: Votes, weights: np.ndarray, order: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shares of some patterns at a time, shape (n, W), and the W labels, which are those that occur in them."""
    for rows, present, places in _chunks_of(votes):
        sums = _sums(places[:, order], weights[order], len(present))
        if votes.meanings is not None:
            yield _shares_of_sets(sums, votes.of_patterns(rows), votes.meanings), np.arange(votes.n_labels)
        elif present[-1] == votes.n_labels:
            yield _among_those_who_speak(sums[:, :-1], places, places == len(present) - 1), present[:-1]
        else:
            yield sums, present


def _sums(places: np.ndarray, weights: np.ndarray, width: int) -> np.ndarray:
    """Sum of the weights, shape (K,), that name each of some places, shape (n, K), from 0 on; shape (n, width)."""
    cells = places + width * np.arange(len(places))[:, np.newaxis]
    return np.bincount(cells.ravel(), np.tile(weights, len(cells)), width * len(cells)).reshape(-1, width)


def _chunks_of(votes: Votes) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Some patterns at a time, with the labels that occur in them, so that tables of patterns × labels are small.

    Yields:
        The rows; indices of the labels, and of what else votes say, that occur in them, ascending, shape (W,), always
        with the background, and all where votes have meanings; and the patterns as places among these, shape (n, K),
        int64.
    """
    everything = votes.n_labels + 1 if votes.meanings is None else len(votes.meanings.sets)
    step = max(_CHUNK // max(votes.n_voters, min(everything, _USUAL)), 1)
    for start in range(0, len(votes.patterns), step):
        rows = slice(start, start + step)
        patterns = votes.patterns[rows].astype(np.intp)  # once, because NumPy widens indices each time
        if votes.meanings is not None:
            yield rows, np.arange(everything), patterns
            continue
        occurs = np.zeros(everything, bool)
        occurs[0] = True
        occurs[patterns] = True
        present = np.flatnonzero(occurs)
        places = np.zeros(everything, np.intp)
        places[present] = np.arange(len(present))
        yield rows, present, places.take(patterns, mode="clip")


def _shares_of_sets(given: np.ndarray, votes: Votes, meanings: Meanings) -> np.ndarray:
    """Share of each label, shape (P, L), from the weight of each set of labels, shape (P, M)."""
    several = (votes.patterns > votes.n_labels).any(axis=1)
    shares = np.empty((len(given), votes.n_labels))
    plain, patterns = given[~several, : votes.n_labels], votes.patterns[~several]
    shares[~several] = _among_those_who_speak(plain, patterns, patterns == votes.n_labels)
    partial, patterns = given[several], votes.patterns[several]
    partial[:, votes.n_labels] = 0  # of those who abstain
    for row in np.flatnonzero(partial.sum(axis=1) == 0):  # no voter with a weight votes here
        partial[row] = np.bincount(patterns[row][patterns[row] != votes.n_labels], minlength=len(meanings.sets))
    shares[several] = partial_shares(partial, meanings.sets)
    return shares


def _among_those_who_speak(sums: np.ndarray, patterns: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Scale the sums of the weights, shape (P, L), to shares, in the patterns in which candidates abstain."""
    n_labels = sums.shape[1]
    rows = np.flatnonzero(silent.any(axis=1))
    shares, total = sums[rows], sums[rows].sum(axis=1)
    for row in np.flatnonzero(total == 0):
        speaking = patterns[rows[row]][~silent[rows[row]]]
        shares[row] = np.bincount(speaking, minlength=n_labels) if speaking.size else np.eye(n_labels)[0]
    sums[rows] = shares / shares.sum(axis=1, keepdims=True)
    return sums
