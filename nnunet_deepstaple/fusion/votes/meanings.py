"""Votes that are sets of labels: what each vote stands for, and what each voter looks for.

A voter that does not annotate the spleen says "spleen or background" where its label map has 0. A voter that marks a
whole gland says "one of its zones". A voter that abstains says "any label".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

Meaning = Mapping[int, frozenset[int]]
"""Labels that each value of a label map stands for."""

BACKGROUND = frozenset([0])


@dataclass(frozen=True)
class Meanings:
    """What the votes of K voters stand for, over L labels.

    Attributes:
        sets: labels that each index in the patterns stands for, shape (M, L), bool. Each of the first L indices stands
            for one label. The next index stands for all labels (the voter abstains). The others stand for some labels.
        structures: labels of each structure that voters can be compared on, shape (N, L), bool: each foreground label,
            and each set of several labels that a voter marks as one.
        looked_for: whether each voter looks for each structure, shape (K, N), bool.
    """

    sets: np.ndarray
    structures: np.ndarray
    looked_for: np.ndarray

    def of_voters(self, places: slice | np.ndarray) -> "Meanings":
        """The same of some voters only."""
        return replace(self, looked_for=self.looked_for[places])

    def answers(self, structure: int) -> tuple[np.ndarray, np.ndarray]:
        """Whether each vote says that a voxel is in a structure, and whether it says yes or no at all, shape (M,)."""
        inside = self.structures[structure]
        touches = (self.sets & inside).any(axis=1)
        yes = touches & ~(self.sets & ~inside).any(axis=1)
        return yes, yes | ~touches


def index_votes(
    rows: np.ndarray, meanings: Sequence[Meaning | None], ignored: Collection[int]
) -> tuple[np.ndarray, np.ndarray, Meanings | None]:
    """Label values of patterns as indices of the labels and of the sets of labels that they stand for.

    Args:
        rows: value of each voter in each pattern, shape (P, K).
        meanings: of the values of each voter; None where each stands for itself.
        ignored: values by which any voter abstains.

    Returns:
        The labels that any voter marks and 0, ascending, shape (L,), uint16; the votes as indices, shape (P, K); and
        what these indices stand for, None where all voters look for all labels and never say "one of several".

    Raises:
        ValueError: a value stands for nothing.
    """
    shown = [np.flatnonzero(np.bincount(column)).tolist() for column in rows.T]
    said = [
        {value: _labels(value, meaning, ignored) for value in values}
        for values, meaning in zip(shown, meanings, strict=True)
    ]
    marked = (labels for one in said for labels in one.values() if labels is not None and 0 not in labels)
    present = sorted(BACKGROUND.union(*marked))
    place = {label: index for index, label in enumerate(present)}
    sets: dict[frozenset[int] | None, int] = {frozenset([label]): index for label, index in place.items()}
    sets[None] = len(present)
    patterns = np.empty(rows.shape, np.uint16)
    for voter, one in enumerate(said):
        table = np.zeros(max(one, default=0) + 1, np.uint16)
        for value, labels in one.items():
            table[value] = sets.setdefault(_among(labels, place), len(sets))
        patterns[:, voter] = table[rows[:, voter]]
    patterns = patterns.astype(np.min_scalar_type(len(sets) - 1))
    labels_ = np.array(present, np.uint16)
    looked_for = [
        None if meaning is None else [labels for labels in map(frozenset, meaning.values()) if 0 not in labels]
        for meaning in meanings
    ]
    wholes = [one for one in sets if one is not None and 0 not in one and len(one) > 1]
    names = [frozenset([label]) for label in present[1:]] + wholes
    looks = np.array([[_looks_for(name, one) for name in names] for one in looked_for], bool).reshape(rows.shape[1], -1)
    if len(sets) == len(present) + 1 and looks.all():
        return labels_, patterns, None
    mask = [[label in one for label in present] for one in (frozenset(present) if s is None else s for s in sets)]
    structures = np.array([[label in name for label in present] for name in names], bool).reshape(-1, len(present))
    return labels_, patterns, Meanings(np.array(mask, bool), structures, looks)


def _labels(value: int, meaning: Meaning | None, ignored: Collection[int]) -> frozenset[int] | None:
    """Labels that a value stands for; None where the value is not a vote."""
    if value in ignored and (meaning is None or value not in meaning):
        return None
    if meaning is None:
        return frozenset([value])
    if value not in meaning:
        raise ValueError(f"the value {value} stands for nothing")
    return frozenset(meaning[value])


def _among(labels: frozenset[int] | None, place: Mapping[int, int]) -> frozenset[int] | None:
    """A set without the labels that nobody marks; None where it then holds all labels."""
    if labels is None:
        return None
    found = labels.intersection(place)
    return None if len(found) == len(place) > 1 else found


def _looks_for(structure: frozenset[int], marks: Iterable[frozenset[int]] | None) -> bool:
    """Whether a voter that can mark these sets of labels looks for a structure."""
    return marks is None or any(labels <= structure for labels in marks)
