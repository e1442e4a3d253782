"""How the label maps of an image overlap in pairs, to find exchanged numbers, and classes instead of candidates."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..files.boxes import union
from ..files.foreground import Foreground

SWAPPED = 0.5
"""Two labels may be exchanged if each has at least this Dice with the other label of the next label map."""

BETTER = 0.3
"""This Dice must be at least so much larger than the Dice of equal labels."""

LIKE, UNLIKE = 0.5, 0.05
"""Foreground Dice from which on two label maps show the same, and up to which they show different things."""

FEWEST = 2
"""Least number of images in which something must be seen."""

_CHUNK = 1 << 20
"""Voxels that are compared at once."""

_TABLE = 1 << 20
"""Pairs of labels that are counted in a table; more are sorted."""


@dataclass(frozen=True)
class PairOverlap:
    """How two label maps of an image overlap.

    Attributes:
        names: of both.
        volumes: voxels of each foreground label, for each of the two.
        shared: voxels of each pair of foreground labels.
    """

    names: tuple[str, str]
    volumes: tuple[dict[int, int], dict[int, int]]
    shared: dict[tuple[int, int], int]

    def dice(self, one: int, other: int) -> float:
        """Dice of a label of the first and a label of the second; 0 where neither label occurs."""
        total = self.volumes[0].get(one, 0) + self.volumes[1].get(other, 0)
        return 2 * self.shared.get((one, other), 0) / total if total else 0.0

    @property
    def foreground_dice(self) -> float:
        """Dice of all foreground, whatever its labels; 1 where neither has any."""
        total = sum(sum(labels.values()) for labels in self.volumes)
        return 2 * sum(self.shared.values()) / total if total else 1.0

    @property
    def apart(self) -> bool:
        """Whether both have foreground, but share no foreground voxel."""
        return bool(self.volumes[0] and self.volumes[1]) and not self.shared

    @property
    def exchanged(self) -> tuple[int, int] | None:
        """Two labels that match much better when they are exchanged; None where there are none."""
        both = self.volumes[0].keys() & self.volumes[1].keys()
        unequal = [pair for pair in self.shared if pair[0] < pair[1]]
        for one, other in sorted(pair for pair in unequal if self.dice(*pair) >= SWAPPED):
            if not {one, other} <= both:
                continue
            across = min(self.dice(one, other), self.dice(other, one))
            if across >= SWAPPED and across - max(self.dice(one, one), self.dice(other, other)) >= BETTER:
                return one, other
        return None


def pair_overlaps(label_maps: Iterable[tuple[str, Foreground]]) -> list[PairOverlap]:
    """Compare each label map of an image with the next, and the last with the first.

    Args:
        label_maps: name and foreground of each, all of one shape.
    """
    found: list[PairOverlap] = []
    first: _LabelMap | None = None
    last: _LabelMap | None = None
    for name, foreground in label_maps:
        if last is None:
            first = last = _LabelMap(name, foreground, _volumes(foreground.labels.reshape(-1)))
            continue
        differing = _differing(last.foreground, foreground)
        one = _LabelMap(name, foreground, differing.volumes_after(last.volumes))
        found.append(_overlap(last, one, differing))
        last = one
    if first is not None and last is not None and len(found) > 1:
        found.append(_overlap(last, first, _differing(last.foreground, first.foreground)))
    return found


@dataclass(frozen=True)
class _LabelMap:
    """A label map.

    Attributes:
        name: of the candidate.
        foreground: its labels.
        volumes: voxels of each foreground label.
    """

    name: str
    foreground: Foreground
    volumes: dict[int, int]


@dataclass(frozen=True)
class _Differing:
    """Voxels in which two label maps differ, counted by pairs of labels, 0 included.

    Attributes:
        ones: label of the first in each of the pairs, shape (M,).
        others: label of the second.
        counts: voxels.
    """

    ones: np.ndarray
    others: np.ndarray
    counts: np.ndarray

    def volumes_after(self, before: Mapping[int, int]) -> dict[int, int]:
        """Volumes of the second label map, from those of the first."""
        volumes = Counter(before)
        for one, other, count in zip(self.ones.tolist(), self.others.tolist(), self.counts.tolist(), strict=True):
            volumes[one] -= count
            volumes[other] += count
        return {label: count for label, count in sorted(volumes.items()) if label and count}


def _volumes(labels: np.ndarray) -> dict[int, int]:
    """Voxels of each foreground label."""
    counts = np.zeros(int(labels.max(initial=0)) + 1, np.int64)
    for some in _chunks(labels):
        counts += np.bincount(some[some != 0], minlength=len(counts))
    return {label: count for label, count in enumerate(counts.tolist()) if count}


def _chunks(labels: np.ndarray) -> Iterator[np.ndarray]:
    """Some voxels at a time: NumPy widens what it counts."""
    return (labels[start : start + _CHUNK] for start in range(0, len(labels), _CHUNK))


def questions(overlaps: Mapping[str, Sequence[PairOverlap]]) -> list[str]:
    """A sentence about numbers that seem to be exchanged, and about files that seem to be classes.

    Args:
        overlaps: of the images that were looked at.
    """
    return [*_exchanged(overlaps), *_classes(overlaps)]


def strays(overlaps: Mapping[str, Sequence[PairOverlap]]) -> list[str]:
    """A sentence about each source that overlaps with nobody in some images, where the others do, but does elsewhere.

    Args:
        overlaps: of the images that were looked at.
    """
    alone: dict[str, list[str]] = {}
    together: set[str] = set()
    for image, pairs in overlaps.items():
        for name in {name for pair in pairs for name in pair.names}:
            own = [pair.foreground_dice for pair in pairs if name in pair.names]
            others = [pair.foreground_dice for pair in pairs if name not in pair.names]
            if max(own) >= LIKE:
                together.add(name)
            elif max(own) <= UNLIKE and max(others, default=0.0) >= LIKE and _has_foreground(name, pairs):
                alone.setdefault(name, []).append(image)
    return [
        f"'{name}' overlaps with no other candidate in {len(images)} of {len(overlaps)} images that were looked at, "
        f"such as '{images[0]}', and does in others; were files of two images exchanged?"
        for name, images in sorted(alone.items())
        if name in together
    ]


def _has_foreground(name: str, pairs: Sequence[PairOverlap]) -> bool:
    return any(pair.volumes[pair.names.index(name)] for pair in pairs if name in pair.names)


def _exchanged(overlaps: Mapping[str, Sequence[PairOverlap]]) -> list[str]:
    seen: dict[tuple[tuple[str, str], tuple[int, int]], list[tuple[str, PairOverlap]]] = {}
    for image, pairs in overlaps.items():
        for pair in pairs:
            if (labels := pair.exchanged) is not None:
                seen.setdefault((pair.names, labels), []).append((image, pair))
    sentences = []
    for ((one, other), (first, second)), found in seen.items():
        image, pair = found[0]
        if len(found) >= min(FEWEST, len(overlaps)):
            straight, across = ((first, first), (second, second)), ((first, second), (second, first))
            before, after = (" and ".join(f"{pair.dice(*two):.2f}" for two in both) for both in (straight, across))
            sentences.append(
                f"'{one}' and '{other}' seem to number the labels {first} and {second} the other way round: in "
                f"{len(found)} of {len(overlaps)} images, as in '{image}', their Dice is {before}, and {after} once "
                f"they are exchanged; say in -sources what the numbers mean"
            )
    return sentences[:1]


def _differing(first: Foreground, second: Foreground) -> _Differing:
    """Count the voxels in which two label maps differ. They are few beside those in which both agree."""
    box = union(first.box, second.box)
    one, other = first.on(box).reshape(-1), second.on(box).reshape(-1)
    width = int(other.max(initial=0)) + 1
    in_table = width * (int(one.max(initial=0)) + 1) <= _TABLE
    found = [(np.zeros(0, np.intp), np.zeros(0, np.intp))]
    for mine, others in zip(_chunks(one), _chunks(other), strict=True):
        places = np.flatnonzero(mine != others)
        codes = mine[places].astype(np.intp) * width + others[places]
        if in_table:
            table = np.bincount(codes)
            pairs = np.flatnonzero(table)
            found.append((pairs, table[pairs]))
        else:
            found.append(np.unique(codes, return_counts=True))
    codes, counts = (np.concatenate(each) for each in zip(*found, strict=True))
    pairs, place = np.unique(codes, return_inverse=True)
    return _Differing(pairs // width, pairs % width, np.bincount(place, counts).astype(np.int64))


def _overlap(one: _LabelMap, other: _LabelMap, differing: _Differing) -> PairOverlap:
    shared = Counter({(label, label): count for label, count in one.volumes.items()})
    for mine, others, count in zip(
        differing.ones.tolist(), differing.others.tolist(), differing.counts.tolist(), strict=True
    ):
        if mine:
            shared[mine, mine] -= count
            if others:
                shared[mine, others] = count
    return PairOverlap((one.name, other.name), (one.volumes, other.volumes), {p: n for p, n in shared.items() if n})


def _classes(overlaps: Mapping[str, Sequence[PairOverlap]]) -> list[str]:
    pairs = [pair for found in overlaps.values() for pair in found]
    alike = len({frozenset(name for pair in found for name in pair.names) for found in overlaps.values()}) == 1
    single = all(len(labels) == 1 for pair in pairs for labels in pair.volumes)
    if len(overlaps) < FEWEST or not pairs or not alike or not single or not all(pair.apart for pair in pairs):
        return []
    names = sorted({name for pair in pairs for name in pair.names})
    shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
    return [
        f"the candidates of an image ({shown}) never overlap, so they seem to be one file a structure, and not several "
        f"proposals for one; put them into folders <candidate>/<image>/ and give -layout structures"
    ]
