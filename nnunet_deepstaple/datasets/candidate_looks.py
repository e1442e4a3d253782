"""What the candidates of an image hold, and how they overlap: each file is read once for all who ask about it."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..files.buffer import Buffer
from ..files.fingerprint import FileState, file_state
from ..files.foreground import Foreground
from ..files.geometry import Geometry
from ..files.label_maps import read_label_map
from .candidates import Candidate
from .label_sets import is_graded
from .pair_overlaps import PairOverlap, pair_overlaps
from .sources.gather import Sources

COMPARED = 1 << 18
"""About so many voxels of the foreground are compared: of larger ones, every n-th row of every n-th plane."""


@dataclass(frozen=True)
class LabelMapLook:
    """What a label map holds.

    Attributes:
        states: of its files, before they were read.
        geometry: of its voxel grid.
        values: its numbers, and 0.
        graded: whether values change from voxel to voxel, as the values of a scan do.
        notes: what a user should know, one sentence each.
    """

    states: dict[Path, FileState]
    geometry: Geometry
    values: set[int]
    graded: bool
    notes: list[str]


@dataclass(frozen=True)
class CandidatesLook:
    """What the candidates of an image hold.

    Attributes:
        label_maps: what each holds, by the candidate's name.
        labels: of each, in the common numbering.
        overlaps: of those on the grid of the first, as :func:`.pair_overlaps.pair_overlaps` gives them, counted in
            about :data:`COMPARED` voxels.
    """

    label_maps: dict[str, LabelMapLook]
    labels: dict[str, set[int]]
    overlaps: list[PairOverlap]

    @property
    def volumes(self) -> dict[str, dict[int, int]]:
        """Voxels of each foreground label of each candidate that was compared with another, counted as they were."""
        return {name: found for pair in self.overlaps for name, found in zip(pair.names, pair.volumes, strict=True)}


def look_at_candidates(candidates: Sequence[Candidate], sources: Sources | None, buffer: Buffer) -> CandidatesLook:
    """Read the candidates of an image, each with one file.

    Args:
        candidates: of the image.
        sources: what their label values mean; None where the same values mean the same in all sources.
        buffer: memory for reading many files.

    Raises:
        InputError: a file cannot be read as a label map.
    """
    label_maps: dict[str, LabelMapLook] = {}
    labels: dict[str, set[int]] = {}

    def comparable() -> Iterator[tuple[str, Foreground]]:
        first: Geometry | None = None
        step = 0
        for candidate in candidates:
            look, foreground = _look_at(candidate, buffer)
            if sources is not None:
                foreground = _in_common_numbers(foreground, sources.meaning(candidate))
            label_maps[candidate.name], labels[candidate.name] = look, foreground.values
            first = first or look.geometry
            step = step or max(math.ceil(math.sqrt(foreground.labels.size / COMPARED)), 1)
            if first.difference(look.geometry) is None:
                yield candidate.name, foreground.thinned(step)

    overlaps = pair_overlaps(comparable())
    return CandidatesLook(label_maps, labels, overlaps)


def _look_at(candidate: Candidate, buffer: Buffer) -> tuple[LabelMapLook, Foreground]:
    states, notes = {candidate.path: file_state(candidate.path)}, list[str]()
    labels, geometry = read_label_map(candidate.path, buffer, notes.append)
    foreground = Foreground.of(labels)
    values = foreground.values
    return LabelMapLook(states, geometry, values, is_graded(foreground.labels, len(values)), notes), foreground


def _in_common_numbers(foreground: Foreground, meaning: Mapping[int, Collection[int]]) -> Foreground:
    """The foreground with the labels that its numbers stand for, the least of several; other numbers become 0."""
    table = np.zeros(int(foreground.labels.max(initial=0)) + 1, np.uint16)
    for number, labels in meaning.items():
        if number < len(table):
            table[number] = min(labels)
    return Foreground(foreground.box, table[foreground.labels])
