"""Candidates as label maps in the numbers that all sources share, on their image's grid."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.boxes import as_3d, foreground_box, paint
from ..files.buffer import Buffer
from ..files.geometry import Geometry
from ..files.grids import OUTSIDE, on_grid
from .candidates import Candidate
from .label_sets import values_of
from .sources.gather import Sources
from .structures.files import read_candidate


@dataclass(frozen=True)
class CommonReader:
    """Reads candidates whose values have different meanings in different sources, or that lie on other grids.

    Attributes:
        sources: what the sources mean; None where all mean the same.
        resample: resample candidates to their image's grid.
    """

    sources: Sources | None = None
    resample: bool = False

    def __bool__(self) -> bool:
        """Whether this reader changes anything."""
        return self.sources is not None or self.resample

    def read(
        self, candidate: Candidate, image: Geometry, say: Callable[[str], object] = str, buffer: Buffer | None = None
    ) -> tuple[np.ndarray, Geometry]:
        """Label map of a candidate, and its geometry.

        If a number stands for several labels, the label map holds the smallest of them. It holds
        :data:`~..files.grids.OUTSIDE` where the candidate says nothing at all.

        Raises:
            InputError: a file cannot be read or resampled, or holds a number that its source does not name.
        """
        labels, geometry = read_candidate(candidate, buffer, say)
        if self.resample and image.difference(geometry) is not None:
            try:
                labels, geometry = on_grid(labels, geometry, image), image
            except ValueError as error:
                raise InputError(f"{candidate.path} cannot be resampled: {error}; resample it yourself") from error
        if self.sources is None:
            return labels, geometry
        meaning = self.sources.meaning(candidate)
        found = sorted(values_of(labels))
        table = np.full(max(found, default=0) + 1, OUTSIDE, np.uint16)
        silent = frozenset(self.sources.vocabulary.labels)
        for value in found:
            labels_ = meanings_of(value, meaning, candidate.path)
            table[value] = OUTSIDE if labels_ == silent else min(labels_)
        volume = labels.reshape(as_3d(labels.shape))
        box = foreground_box(volume)
        return paint(table, volume[box], box, labels.shape), geometry


def meanings_of(value: int, meaning: Mapping[int, frozenset[int]], path: Path) -> frozenset[int]:
    """Labels that a value of a file stands for; none for a voxel outside of the file's grid.

    Raises:
        InputError: the file's source does not name the value.
    """
    if value == OUTSIDE and value not in meaning:
        return frozenset([OUTSIDE])
    if value not in meaning:
        raise InputError(
            f"{path} holds the number {value}, which its source does not name; correct the label map, or name the "
            f"number where the source's labels are named"
        )
    return meaning[value]
