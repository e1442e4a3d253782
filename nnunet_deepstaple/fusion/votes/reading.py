"""Files → votes: read one image's label maps, one after the other."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidate
from ...errors import InputError
from ...files.geometry import Geometry
from ...files.label_maps import read_label_map
from ...files.nifti import Buffer
from ...files.soft_labels import ENDING, SoftLabels, read_probabilities, read_soft_labels
from .collect import collect_votes
from .votes import VoteMap

BUFFER = Buffer()
"""Kept from image to image: fresh memory costs as much as reading a file."""


def read_votes(
    candidates: Sequence[Candidate], ignored: int | None = None, *, however_many: bool = True
) -> tuple[VoteMap, Geometry]:
    """Read one image's candidates, one after the other, and collapse their votes; ``ignored`` is none.

    Raises:
        InputError: a file cannot be read, holds no labels, or differs in geometry from the first.
        TooManyPatternsError: as :func:`.collect.collect_votes`.
    """
    geometries: list[Geometry] = []
    votes = collect_votes(read_each(candidates, geometries, []), ignored, however_many=however_many)
    return votes, geometries[0]


def read_soft(path: Path, shape: tuple[int, ...]) -> SoftLabels:
    """Soft labels beside a label map of that shape, the trainer's or nnU-Net's.

    Raises:
        InputError: the file cannot be read, or belongs to an image of another shape.
    """
    return (read_soft_labels if path.name.endswith(ENDING) else read_probabilities)(path, shape)


def read_each(candidates: Sequence[Candidate], geometries: list[Geometry], notes: list[str]) -> Iterator[np.ndarray]:
    """Labels of each candidate, valid until the next; their geometries and what is odd are appended to the lists.

    Raises:
        InputError: a file cannot be read as a label map, or differs in geometry from the first.
    """
    for candidate in candidates:
        labels, geometry = read_label_map(candidate.path, BUFFER, notes.append)
        geometries.append(geometry)
        difference = geometries[0].difference(geometry)
        if difference is not None:
            raise InputError(
                f"{candidate.path} has {difference} in {candidates[0].path}; "
                f"resample the candidates of an image to one grid"
            )
        yield labels
