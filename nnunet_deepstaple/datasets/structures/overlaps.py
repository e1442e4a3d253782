"""What the files of a candidate's structures hold, and which structures share voxels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ...files.boxes import Box, as_3d, union
from ...files.buffer import BUFFER
from ...files.fingerprint import FileState, file_state
from ...files.geometry import Geometry
from ..candidate_looks import CandidatesLook, LabelMapLook
from ..candidates import Candidate, Candidates
from ..label_sets import is_graded
from .files import read_structure


@dataclass(frozen=True)
class Overlaps:
    """What the files of a candidate's structures hold.

    Attributes:
        geometry: of their voxel grid.
        counts: voxels of each combination of structures that occurs.
        volumes: voxels by name; 0 for an empty file.
        shared: voxels by pair of names, the pair sorted; pairs that share none are left out.
        graded: whether the combination changes from voxel to voxel, as the values of a scan do; where it does not,
            the label does not either.
        states: of the files, before they were read.
        notes: what a user should know of each file, by name.
    """

    geometry: Geometry
    counts: Mapping[frozenset[str], int]
    volumes: Mapping[str, int]
    shared: Mapping[tuple[str, str], int]
    graded: bool
    states: dict[Path, FileState]
    notes: Mapping[str, Sequence[str]]

    def inside(self, one: str, other: str) -> float | None:
        """Part of a structure that lies in another; None where a file is missing or the structure is empty."""
        if not self.volumes.get(one) or other not in self.volumes:
            return None
        return self.shared.get((min(one, other), max(one, other)), 0) / self.volumes[one]

    def label_map(self, candidate: Candidate) -> LabelMapLook:
        """What the label map of the candidate holds, whose structures have their labels and are in order."""
        painted = candidate.structures
        values = {next(one.label for one in painted[::-1] if one.name in combination) for combination in self.counts}
        notes = [note for one in painted for note in self.notes[one.name]]
        return LabelMapLook(self.states, self.geometry, {0, *values}, self.graded, notes)


def overlaps_of(candidate: Candidate) -> Overlaps:
    """Read all structures of a candidate and count their voxels.

    Each voxel holds the number of the combination of structures that it belongs to. So memory does not grow with the
    number of structures.

    Raises:
        InputError: as :func:`.files.read_structure`.
    """
    geometries: list[Geometry] = []
    states: dict[Path, FileState] = {}
    notes: dict[str, list[str]] = {structure.name: [] for structure in candidate.structures}
    combinations_: list[frozenset[str]] = [frozenset()]
    numbers: dict[frozenset[str], int] = {frozenset(): 0}
    numbered: Counter[int] = Counter()
    codes: np.ndarray | None = None
    whole: Box = (slice(0, 0), slice(0, 0), slice(0, 0))
    for structure in candidate.structures:
        states[structure.path] = file_state(structure.path)
        box, mask, shape = read_structure(
            structure.path, geometries, candidate.structures[0].path, BUFFER, notes[structure.name].append
        )
        if codes is None:
            codes = np.zeros(as_3d(shape), np.uint16)
        whole = union(whole, box)
        before = codes[box][mask]
        table = np.zeros(len(combinations_), np.uint16)
        found = np.bincount(before)
        for code in np.flatnonzero(found).tolist():
            combination = combinations_[code] | {structure.name}
            if numbers.setdefault(combination, len(combinations_)) == len(combinations_):
                combinations_.append(combination)
            table[code] = numbers[combination]
            numbered.update({numbers[combination]: int(found[code]), code: -int(found[code])})
        codes[box][mask] = table[before]
    assert codes is not None
    counts = {combinations_[code]: count for code, count in numbered.items() if code and count}
    volumes = {structure.name: 0 for structure in candidate.structures}
    shared: Counter[tuple[str, str]] = Counter()
    for combination, count in counts.items():
        for name in combination:
            volumes[name] += count
        for pair in combinations(sorted(combination), 2):
            shared[pair] += count
    graded = is_graded(codes[whole], len(counts) + 1)
    return Overlaps(geometries[0], counts, volumes, shared, graded, states, notes)


def looks_of(candidates: Candidates, overlaps: Mapping[str, Overlaps]) -> dict[str, CandidatesLook]:
    """What the label maps of the candidates hold, whose structures have their labels and are in order.

    Args:
        candidates: of each image.
        overlaps: of each case, by its id.

    Returns:
        By image; without images of which only the label maps tell whether their labels change from voxel to voxel.
    """
    looks = {}
    for image, found in candidates.items():
        if not any(overlaps[one.case].graded for one in found):
            label_maps = {one.name: overlaps[one.case].label_map(one) for one in found}
            looks[image] = CandidatesLook(label_maps, {name: one.values for name, one in label_maps.items()}, [])
    return looks
