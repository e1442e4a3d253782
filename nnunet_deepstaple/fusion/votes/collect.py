"""Label maps → votes: collapse the votes of an image's candidates to their distinct patterns.

A rule sees only votes. So it gives the same label to all voxels with the same votes. Ten candidates of an image of ten
million voxels show only a few hundred different patterns of votes. So a rule works on a small table with one row for
each pattern and its count. Then its answer is painted back into the image.

The table is built from one candidate at a time. Each voxel of the foregrounds' common bounding box holds a code. The
code is a number in mixed radix with one digit per candidate. Digit zero is background, so all voxels outside the box
have code zero and only need to be counted. When the codes would become too large for a look-up table, the codes that
occur are renumbered. Where there are too many even then, each disputed voxel is a row of its own (:mod:`.voxel_table`).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from ...files.boxes import Box, as_3d, foreground_box, relative, union
from ...files.label_values import present_labels
from .meanings import Meaning, index_votes
from .votes import VoteMap
from .voxel_table import VoxelTable

_CHUNK = 1 << 20
"""Voxels looked up at once: NumPy widens look-up indices to eight bytes."""

_PART = 8
"""The look-up table has at most a part of the entries that the image has: one of so many."""

_TIMES = 2
"""In a small image it may have so many times the image's entries: with many patterns, it is renumbered less often."""


class TooManyPatternsError(Exception):
    """There are too many patterns for a look-up table."""


def collect_votes(
    label_maps: Iterable[np.ndarray],
    ignored: int | Collection[int] | None = None,
    *,
    however_many: bool = True,
    meanings: Sequence[Meaning | None] | None = None,
) -> VoteMap:
    """Collapse label maps to vote patterns.

    Time is linear in the candidates' voxels. Memory holds one label map, the patterns, and one code for each voxel of
    the bounding box of all foregrounds.

    Args:
        label_maps: one array per candidate, all of one shape (z, y, x) or (y, x), uint8 or uint16. Each one is read
            before the next is requested, and none is kept.
        ignored: label value by which a candidate abstains, or several; None for none.
        however_many: continue voxel by voxel where there are too many patterns for a look-up table.
        meanings: labels that the values of each candidate stand for, None for a candidate whose values are the labels;
            None where this holds for all candidates.

    Returns:
        The votes; the candidates keep their order.

    Raises:
        ValueError: there are no label maps, their shapes differ, or a value stands for nothing.
        TooManyPatternsError: there are too many patterns for a look-up table, and ``however_many`` is false.
    """
    table: _PatternTable | VoxelTable = _PatternTable()
    shape: tuple[int, ...] | None = None
    for labels in label_maps:
        if shape is None:
            shape = labels.shape
        elif labels.shape != shape:
            raise ValueError(f"label maps of shapes {shape} and {labels.shape} cannot be fused")
        volume = labels.reshape(as_3d(shape))
        try:
            table.add(volume)
        except TooManyPatternsError:
            if not however_many:
                raise
            rows, _, box, codes = table.patterns()
            table = VoxelTable(shape, rows, box, codes)
            table.add(volume)
    if shape is None:
        raise ValueError("there are no label maps to fuse")
    rows, counts, box, codes = table.patterns()
    counts[0] += int(np.prod(shape)) - counts.sum()
    if meanings is None and (ignored is None or isinstance(ignored, int)):
        labels, patterns = _index(rows, ignored)
        return VoteMap(labels, patterns, counts, shape, box, codes)
    several = [] if ignored is None else [ignored] if isinstance(ignored, int) else ignored
    labels, patterns, said = index_votes(rows, meanings or [None] * rows.shape[1], several)
    return VoteMap(labels, patterns, counts, shape, box, codes, meanings=said)


class _PatternTable:
    """Codes of the voxels seen so far, and what each code stands for.

    A code is ``row + place_1 · digit_1 + place_2 · digit_2 + …``. The row is a row of the patterns of the last
    renumbering. There is one digit for each candidate added since. It is an index into the labels of that candidate.
    """

    def __init__(self) -> None:
        self.box: Box = (slice(0, 0), slice(0, 0), slice(0, 0))
        self.codes: np.ndarray = np.zeros((0, 0, 0), np.uint8)
        self.rows = np.zeros((1, 0), np.uint8)  # label values of each pattern, (patterns, candidates)
        self.counts = np.zeros(1, np.int64)
        self._radix = 1  # how many codes there could be
        self._digits: list[tuple[int, np.ndarray]] = []  # place and labels of each candidate not yet in rows

    def add(self, labels: np.ndarray) -> None:
        """Add the votes of one candidate, shape (z, y, x).

        Raises:
            TooManyPatternsError: it cannot be added, because there are too many patterns.
        """
        box = foreground_box(labels)
        crop = labels[box]
        values = present_labels(crop)
        self._grow(union(self.box, box))
        # Renumbering through a small table is quick. A large table pays off only for a large image.
        limit = min(max(_TIMES * self.codes.size, 1 << 12), max(_CHUNK, self.codes.size // _PART))
        if self._radix * len(values) > limit:
            self._renumber()
        if self._radix * len(values) > limit:
            raise TooManyPatternsError
        place = self._radix
        self._radix *= len(values)
        self._digits.append((place, values))
        self.codes = self.codes.astype(
            np.promote_types(self.codes.dtype, np.min_scalar_type(self._radix - 1)), copy=False
        )
        inside = self.codes[relative(box, self.box)]
        if len(values) == int(values[-1]) + 1:
            for codes, votes in zip(inside, crop, strict=True):  # plane by plane, which needs little memory
                codes += np.multiply(votes, place, dtype=codes.dtype)  # noqa: PLW2901 (in place)
        else:
            digits = np.zeros(int(values[-1]) + 1, self.codes.dtype)
            digits[values] = np.arange(len(values)) * place
            for codes, votes in zip(inside, crop, strict=True):
                codes += digits[votes]  # noqa: PLW2901 (in place)

    def patterns(self) -> tuple[np.ndarray, np.ndarray, Box, np.ndarray]:
        """The distinct patterns.

        Returns:
            Label values, shape (P, K); the voxels of each in the box, shape (P,); the bounding box of all foreground;
            and the row of each of its voxels, shape of the box.
        """
        self._renumber()
        return self.rows, self.counts, self.box, self.codes

    def _renumber(self) -> None:
        """Number the codes that occur from 0 on, and write out the pattern of each."""
        flat = self.codes.reshape(-1)
        found, counts, renumbered = _renumbered(flat, self._radix)
        columns = [self.rows[found % len(self.rows)]]
        for place, values in self._digits:
            values = values.astype(np.min_scalar_type(values[-1]))  # noqa: PLW2901
            columns.append(values[found // place % len(values)][:, np.newaxis])
        self.rows = np.concatenate(columns, axis=1)
        self.counts = counts
        self.codes = renumbered.reshape(self.codes.shape)
        self._radix = len(found)
        self._digits = []

    def _grow(self, box: Box) -> None:
        if box == self.box:
            return
        codes = np.zeros([side.stop - side.start for side in box], self.codes.dtype)
        codes[relative(self.box, box)] = self.codes
        self.box, self.codes = box, codes


def _renumbered(codes: np.ndarray, radix: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Codes that occur (0 always), their counts, and the indices of all codes in them; with ``radix`` table entries."""
    occurs = np.zeros(radix, bool)
    for chunk in _chunks(codes, _CHUNK):
        occurs[chunk] = True
    occurs[0] = True
    found = np.flatnonzero(occurs)
    number = np.zeros(radix, np.min_scalar_type(len(found) - 1))
    number[found] = np.arange(len(found))
    renumbered, counts = np.empty(codes.shape, number.dtype), np.zeros(len(found), np.int64)
    for chunk, out in zip(_chunks(codes, _CHUNK), _chunks(renumbered, _CHUNK), strict=True):
        np.take(number, chunk, out=out, mode="clip")  # mode: "raise" would buffer the output
        counts += np.bincount(out, minlength=len(found))
    return found, counts, renumbered


def _index(rows: np.ndarray, ignored: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Label values in ``rows`` except ``ignored``, always with 0, and ``rows`` as indices of these values."""
    present = present_labels(rows.T)
    labels = present[present != ignored] if ignored is not None else present
    index = np.zeros(int(present[-1]) + 1, np.min_scalar_type(len(present) - 1))
    index[labels] = np.arange(len(labels))
    if len(labels) < len(present):
        index[ignored] = len(labels)
    if np.array_equal(index, np.arange(len(index))):
        return labels, rows.astype(index.dtype, copy=False)
    patterns = rows if rows.dtype == index.dtype else np.empty_like(rows, index.dtype)  # in place where possible
    for column, values in zip(patterns.T, rows.T, strict=True):
        if index.dtype == values.dtype == np.uint8:  # ten times as fast as looking up
            column[:] = np.frombuffer(values.tobytes().translate(index.tobytes().ljust(256)), np.uint8)
        else:
            column[:] = index[values]
    return labels, patterns


def _chunks(values: np.ndarray, size: int) -> Iterator[np.ndarray]:
    return (values[start : start + size] for start in range(0, values.size, size))
