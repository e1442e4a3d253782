"""Files → votes: read one image's candidates, and check them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import numpy as np

from ..datasets.candidates import Candidate
from ..datasets.label_sets import is_graded
from ..errors import InputError
from ..files.geometry import Geometry
from ..files.label_maps import read_label_map
from ..files.nifti import Buffer
from ..files.soft_labels import ENDING, SoftLabels, check_fit, read_probabilities, read_soft_labels
from .boxes import as_3d, foreground_box
from .job import Job
from .votes import Votes, collect_votes, present_labels

BUFFER = Buffer()
"""Kept from image to image: fresh memory costs as much as reading a file."""


def read_votes(
    candidates: Sequence[Candidate], ignored: int | None = None, *, however_many: bool = True
) -> tuple[Votes, Geometry]:
    """Read one image's candidates, one after the other, and collapse their votes; ``ignored`` is none.

    Raises:
        InputError: a file cannot be read, holds no labels, or differs in geometry from the first.
        TooManyPatternsError: as :func:`.votes.collect_votes`.
    """
    geometries: list[Geometry] = []
    votes = collect_votes(read_each(candidates, geometries, []), ignored, however_many=however_many)
    return votes, geometries[0]


@dataclass(frozen=True)
class Checked:
    """What was found in one image's candidates.

    Attributes:
        labels: values that each holds.
        graded: whether the values of each change from voxel to voxel, as those of an image do.
        voxels: of the image.
        notes: what a user should know, one sentence each.
    """

    labels: list[set[int]]
    graded: list[bool]
    voxels: int
    notes: list[str]


def check_image(job: Job) -> Checked:
    """Read what votes on one image, check its voxels and geometry, and tell what the label maps hold.

    Raises:
        InputError: as :func:`read_votes`; or soft labels cannot be read.
    """
    values: list[set[int]] = []
    graded: list[bool] = []
    notes: list[str] = []
    voxels = 0
    for labels, soft in zip_longest(read_each(job.label_maps, [], notes), job.soft):
        volume = labels.reshape(as_3d(labels.shape))
        inside = volume[foreground_box(volume)]
        values.append(set(present_labels(inside).tolist()))
        graded.append(is_graded(inside, len(values[-1])))
        voxels = labels.size
        if soft is not None:
            check_fit(read_soft(soft, labels.shape), labels, soft)
    return Checked(values, graded, voxels, notes)


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
