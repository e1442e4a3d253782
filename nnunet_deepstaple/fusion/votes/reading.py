"""Files → votes: read one image's label maps, one after the other."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidate
from ...datasets.structures.files import read_candidate
from ...errors import InputError
from ...files.buffer import BUFFER
from ...files.geometry import Geometry
from ...files.grids import on_grid, remedy
from ...files.image_files import read_geometry
from ...files.soft_labels import ENDING, SoftLabels, read_probabilities, read_soft_labels
from .collect import collect_votes
from .meanings import Meaning
from .votes import VoteMap


def read_votes(
    candidates: Sequence[Candidate],
    ignored: int | Collection[int] | None = None,
    *,
    however_many: bool = True,
    meanings: Sequence[Meaning | None] | None = None,
    grid: Geometry | None = None,
    notes: list[str] | None = None,
) -> tuple[VoteMap, Geometry]:
    """Read one image's candidates, one after the other, and collapse their votes (:func:`.collect.collect_votes`).

    They are brought onto ``grid``, if one is given. What a user should know of a file is appended to ``notes``.

    Raises:
        InputError: a file cannot be read, holds no labels, or differs in geometry from the first.
        TooManyPatternsError: as :func:`.collect.collect_votes`.
    """
    geometries: list[Geometry] = []
    maps = read_each(candidates, geometries, [] if notes is None else notes, grid)
    votes = collect_votes(maps, ignored, however_many=however_many, meanings=meanings)
    return votes, geometries[0]


def read_soft(path: Path, shape: tuple[int, ...]) -> SoftLabels:
    """Soft labels beside a label map of this shape, as our trainer or nnU-Net wrote them.

    Raises:
        InputError: the file cannot be read, or belongs to an image of another shape.
    """
    return (read_soft_labels if path.name.endswith(ENDING) else read_probabilities)(path, shape)


def read_each(
    candidates: Sequence[Candidate], geometries: list[Geometry], notes: list[str], grid: Geometry | None = None
) -> Iterator[np.ndarray]:
    """Labels of each candidate, valid until the next one; geometries and notes are appended to the lists.

    Candidates whose geometries are in the list already are not read.

    They are brought onto ``grid``, if one is given (:func:`~nnunet_deepstaple.files.grids.on_grid`).

    Raises:
        InputError: a file cannot be read as a label map, differs in geometry from the first, or cannot be resampled.
    """
    for candidate in candidates[len(geometries) :]:
        labels, geometry = read_candidate(candidate, BUFFER, notes.append)
        if grid is not None:
            try:
                labels, geometry = on_grid(labels, geometry, grid), grid
            except ValueError as error:
                raise InputError(f"{candidate.path} cannot be resampled: {error}; resample it yourself") from error
        geometries.append(geometry)
        if geometries[0].difference(geometry) is not None:
            raise InputError(_apart(candidates, candidate, geometries[0], geometry))
        yield labels


def _apart(candidates: Sequence[Candidate], candidate: Candidate, first: Geometry, other: Geometry) -> str:
    """What to say where two candidates lie on different grids: it names the one whose grid fewer others share."""
    headers = [read_geometry(one.path) for one in candidates]
    with_first, with_other = (sum(grid.difference(one) is None for one in headers) for grid in (first, other))
    odd, grid, usual, of = candidate.path, other, first, candidates[0].path
    if with_other > with_first:
        odd, grid, usual, of = of, usual, grid, odd
    return (
        f"{odd} has {usual.difference(grid)} in {of}, and candidates of an image need one grid; {remedy(usual, grid)}"
    )
