"""A candidate's files of single structures, and the label map that they make."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...files.boxes import Box, as_3d, foreground_box
from ...files.buffer import Buffer
from ...files.geometry import Geometry
from ...files.label_maps import read_label_map
from ..candidates import Candidate


def read_candidate(
    candidate: Candidate, buffer: Buffer | None = None, say: Callable[[str], object] = str
) -> tuple[np.ndarray, Geometry]:
    """Label map of a candidate, in its own numbers, from its file, or from its files of structures together.

    Args:
        candidate: what to read. Its structures have their labels, and each structure is painted over those before it.
        buffer: memory for reading many files; the labels may then be valid only until the next one is read.
        say: gets a sentence if values had to be rounded.

    Returns:
        The labels, shape (z, y, x) or (y, x), uint8 or uint16, and their geometry.

    Raises:
        InputError: a file cannot be read, is not a label map, or lies on another grid than the other files of the
            candidate.
    """
    if not candidate.structures:
        return read_label_map(candidate.path, buffer, say)
    kind = np.uint8 if max(one.label for one in candidate.structures) <= 255 else np.uint16
    labels: np.ndarray | None = None
    geometries: list[Geometry] = []
    for structure in candidate.structures:
        box, mask, shape = read_structure(structure.path, geometries, candidate.structures[0].path, buffer, say)
        if labels is None:
            labels = np.zeros(shape, kind)
        np.copyto(labels.reshape(as_3d(shape))[box], structure.label, where=mask)
    assert labels is not None
    return labels, geometries[0]


def read_structure(
    path: Path,
    geometries: list[Geometry],
    first: Path,
    buffer: Buffer | None = None,
    say: Callable[[str], object] = str,
) -> tuple[Box, np.ndarray, tuple[int, ...]]:
    """Bounding box of one structure along (z, y, x), which of its voxels belong to it, and the image's shape.

    Args:
        path: the file.
        geometries: geometries of the candidate's files so far; the geometry of this file is appended.
        first: the first of these files.
        buffer: memory for reading many files.
        say: gets a sentence if values had to be rounded.

    Raises:
        InputError: the file cannot be read, holds several labels, or lies on another grid than the first.
    """
    labels, geometry = read_label_map(path, buffer, say)
    geometries.append(geometry)
    if (difference := geometries[0].difference(geometry)) is not None:
        raise InputError(f"{path} has {difference} in {first}; give all structures of a candidate one grid")
    volume = labels.reshape(as_3d(labels.shape))
    box = foreground_box(volume)
    mask = volume[box] != 0
    values = volume[box][mask]
    if values.size and values.min() != values.max():
        raise InputError(
            f"{path} holds the labels {values.min()} and {values.max()}, and a file of one structure holds one; is "
            f"-layout right?"
        )
    return box, mask, labels.shape
