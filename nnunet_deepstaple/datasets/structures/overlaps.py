"""Which structures of a candidate share voxels."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ...files.boxes import as_3d
from ...files.buffer import BUFFER
from ...files.geometry import Geometry
from ..candidates import Candidate
from .files import read_structure


@dataclass(frozen=True)
class Overlaps:
    """Number of voxels of each structure of a candidate, and of each pair that shares voxels.

    Attributes:
        volumes: voxels by name; 0 for an empty file.
        shared: voxels by pair of names, the pair sorted.
        voxel_volume: in mm³.
    """

    volumes: dict[str, int]
    shared: dict[tuple[str, str], int]
    voxel_volume: float

    def inside(self, one: str, other: str) -> float | None:
        """Part of a structure that lies in another; None where a file is missing or the structure is empty."""
        if not self.volumes.get(one) or other not in self.volumes:
            return None
        return self.shared.get((min(one, other), max(one, other)), 0) / self.volumes[one]


def overlaps_of(candidate: Candidate) -> Overlaps:
    """Read all structures of a candidate and count their voxels.

    Each voxel holds the number of the combination of structures that it belongs to. So memory does not grow with the
    number of structures.

    Raises:
        InputError: as :func:`.files.read_structure`.
    """
    geometries: list[Geometry] = []
    combinations_: list[frozenset[str]] = [frozenset()]
    numbers: dict[frozenset[str], int] = {frozenset(): 0}
    counts: Counter[int] = Counter()
    codes: np.ndarray | None = None
    for structure in candidate.structures:
        box, mask, shape = read_structure(structure.path, geometries, candidate.structures[0].path, BUFFER)
        if codes is None:
            codes = np.zeros(as_3d(shape), np.uint16)
        before = codes[box][mask]
        table = np.zeros(len(combinations_), np.uint16)
        found = np.bincount(before)
        for code in np.flatnonzero(found).tolist():
            combination = combinations_[code] | {structure.name}
            if numbers.setdefault(combination, len(combinations_)) == len(combinations_):
                combinations_.append(combination)
            table[code] = numbers[combination]
            counts.update({numbers[combination]: int(found[code]), code: -int(found[code])})
        codes[box][mask] = table[before]
    volumes = {structure.name: 0 for structure in candidate.structures}
    shared: Counter[tuple[str, str]] = Counter()
    for code, combination in enumerate(combinations_[1:], start=1):
        for name in combination:
            volumes[name] += counts[code]
        for pair in combinations(sorted(combination), 2):
            shared[pair] += counts[code]
    return Overlaps(volumes, {pair: count for pair, count in shared.items() if count}, geometries[0].voxel_volume)
