"""Labels of structures with a file each, and the order in which they are painted into one label map."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from ...errors import InputError
from ..candidates import Candidate, Candidates, Say
from ..label_names import LabelNames, read_label_names
from ..sources.gather import Sources
from ..sources.source import Source
from ..sources.vocabulary import Vocabulary
from .overlaps import Overlaps

NESTED = 0.95
"""A structure is a part of another one if, in each case, at least this part of it lies in the other."""

SLIVER = 0.05
"""Two structures overlap by inaccurate contours if, in each case, they share at most this part of the smaller one."""


def plan_structures(
    candidates: Candidates, overlaps: Mapping[str, Overlaps], labels: Path | None, say: Say
) -> tuple[Candidates, Sources]:
    """Give each structure its label, and put each candidate's structures in the order in which they are painted.

    If a structure lies in another one, they become regions of nnU-Net: the label of the inner one belongs to both
    names.

    Args:
        candidates: of each image, with their files.
        overlaps: of each case, by its id.
        labels: label names, in the order of painting; None to number the structures in the order of their names.
        say: gets a sentence about nested structures, and about voxels that two structures share.

    Returns:
        The candidates with their structures labelled and in order, and what the sources mean. A case annotates the
        structures for which it has a file.

    Raises:
        InputError: ``labels`` lacks a structure, or two structures overlap and neither lies in the other.
    """
    cases = [candidate for found in candidates.values() for candidate in found]
    named = read_label_names(labels) if labels else None
    structures = sorted({one.name for case in cases for one in case.structures})
    if named and (missing := [name for name in structures if name not in named.labels]):
        raise InputError(f"{labels} does not name '{missing[0]}', of which there are files; name it there")
    inside = _nested(structures, overlaps)
    for one, other in sorted(inside):
        say(f"'{one}' lies in '{other}': its voxels belong to both names")
    order = [name for name in named.labels if name in structures] if named else _by_volume(structures, overlaps)
    _account_for_overlaps(cases, overlaps, inside, labels, say)
    order = _outer_first(order, inside)
    numbers = _numbers(structures, named, inside)
    names = {
        name: frozenset([numbers[name], *(numbers[part] for part, whole in inside if whole == name)])
        for name in structures
    }
    others = Vocabulary.of_labels(named).names if named else {}
    vocabulary = Vocabulary({**{name: some for name, some in others.items() if name not in names}, **names})
    said = {number: vocabulary.marks(number) for number in vocabulary.labels}
    sources = {
        case.name: Source(case.name, said, frozenset(names), origin=str(case.path.parent.parent)) for case in cases
    }
    partial = {case.case: frozenset(one.name for one in case.structures) for case in cases}
    ordered = {image: [_painted(one, order, numbers) for one in found] for image, found in candidates.items()}
    return ordered, Sources(
        vocabulary, sources, {case: some for case, some in partial.items() if len(some) < len(names)}
    )


def _painted(candidate: Candidate, order: Sequence[str], numbers: Mapping[str, int]) -> Candidate:
    ordered = sorted(candidate.structures, key=lambda one: order.index(one.name))
    return replace(candidate, structures=tuple(replace(one, label=numbers[one.name]) for one in ordered))


def _nested(structures: Sequence[str], overlaps: Mapping[str, Overlaps]) -> set[tuple[str, str]]:
    """Pairs of a structure and another one in which it lies."""
    found = set()
    for one, other in combinations(structures, 2):
        for inner, outer in ((one, other), (other, one)):
            parts = [part for part in (case.inside(inner, outer) for case in overlaps.values()) if part is not None]
            if parts and min(parts) >= NESTED and (outer, inner) not in found:
                found.add((inner, outer))
    return found


def _account_for_overlaps(
    cases: Sequence[Candidate],
    overlaps: Mapping[str, Overlaps],
    inside: set[tuple[str, str]],
    labels: Path | None,
    say: Say,
) -> None:
    """Report the voxels that two structures share if neither lies in the other, or refuse the structures."""
    largest: dict[tuple[str, str], tuple[float, int, Candidate]] = {}
    for case in cases:
        found = overlaps[case.case]
        for pair, voxels in found.shared.items():
            if pair not in inside and pair[::-1] not in inside:
                part = voxels / min(found.volumes[name] for name in pair)
                largest[pair] = max(largest.get(pair, (0.0, 0, case)), (part, voxels, case), key=lambda one: one[0])
    for (one, other), (part, voxels, case) in sorted(largest.items()):
        ml = voxels * overlaps[case.case].geometry.voxel_volume / 1000
        volume = f"{voxels} voxels, {ml:.2g} ml, {part:.1%} of the smaller"
        sentence = f"'{one}' and '{other}' overlap, most in {case.path.parent} ({volume})"
        if labels:
            say(f"{sentence}; the later in {labels} has these voxels")
        elif part <= SLIVER:
            say(f"{sentence}; the smaller has these voxels")
        else:
            raise InputError(
                f"{sentence}, and none lies in the other; name all structures in -labels, and the one to have these "
                f"voxels after the other"
            )


def _by_volume(structures: Sequence[str], overlaps: Mapping[str, Overlaps]) -> list[str]:
    """The structures, the largest first."""
    volume = {name: sum(case.volumes.get(name, 0) for case in overlaps.values()) for name in structures}
    return sorted(structures, key=lambda name: (-volume[name], name))


def _outer_first(order: Sequence[str], inside: set[tuple[str, str]]) -> list[str]:
    """The same order, except that a structure comes after all structures in which it lies."""
    found: list[str] = []
    open_ = list(order)
    while open_:
        name = next(one for one in open_ if all(outer in found for inner, outer in inside if inner == one))
        open_.remove(name)
        found.append(name)
    return found


def _numbers(structures: Sequence[str], named: LabelNames | None, inside: set[tuple[str, str]]) -> dict[str, int]:
    """Label that each structure is painted with."""
    if named is None:
        return {name: number for number, name in enumerate(structures, start=1)}
    values = {name: Vocabulary.of_labels(named).names[name] for name in structures}
    return {
        name: min(values[name].difference(*(values[inner] for inner, outer in inside if outer == name)) or values[name])
        for name in structures
    }
