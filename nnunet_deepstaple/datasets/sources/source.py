"""One source of candidates: what it marks by each number, and what it annotates."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import InputError
from ..label_names import IGNORE, LabelNames
from .vocabulary import Marks, Vocabulary


@dataclass(frozen=True)
class Source:
    """What a source means.

    Attributes:
        name: of the source, which is the candidates' name.
        numbers: names that each of its numbers marks; 0 marks none.
        annotates: names of what it looks for; it says nothing about other names.
        ignored: number by which it says nothing at all; None for none.
        origin: file that says this, for messages.
    """

    name: str
    numbers: Mapping[int, Marks]
    annotates: frozenset[str]
    ignored: int | None = None
    origin: str = ""

    @classmethod
    def of_labels(cls, name: str, labels: LabelNames, origin: str) -> "Source":
        """A source that annotates all that a dataset.json names."""
        named = {one: values for one, values in labels.labels.items() if one != IGNORE and values not in (0, [0])}
        numbers = {
            value: frozenset(one for one, values in named.items() if value in _as_list(values))
            for value in labels.values
            if value != labels.ignore_label
        }
        return cls(name, numbers, frozenset(named), labels.ignore_label, origin)

    def values_of(self, name: str) -> list[int]:
        """Its numbers for one structure, ascending."""
        return sorted(number for number, marks in self.numbers.items() if name in marks)

    def meaning(self, vocabulary: Vocabulary) -> dict[int, frozenset[int]]:
        """Labels that a voxel can have, for each number of the source; all of them for its ignore label.

        Raises:
            InputError: a number marks structures that exclude each other.
        """
        meanings = {number: vocabulary.meaning(marks, self.annotates) for number, marks in self.numbers.items()}
        for number, labels in meanings.items():
            if not labels:
                raise InputError(
                    f"{self.origin}: the number {number} of '{self.name}' stands for "
                    f"{' and '.join(sorted(self.numbers[number]))}, which no voxel can be at once; correct it there"
                )
        if self.ignored is not None:
            meanings[self.ignored] = frozenset(vocabulary.labels)
        return meanings


def _as_list(values: int | list[int]) -> list[int]:
    return values if isinstance(values, list) else [values]
