"""The names that all sources share, and the labels that each name stands for."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from ..label_names import BACKGROUND, LabelNames

Marks = frozenset[str]
"""Names of all structures that a voxel belongs to; empty for the background."""


@dataclass(frozen=True)
class Vocabulary:
    """Names and the labels that they stand for: a number from 1 on, or several numbers if the name is a region."""

    names: Mapping[str, frozenset[int]]

    @classmethod
    def of_marks(cls, marks: Iterable[Marks]) -> "Vocabulary":
        """Number the combinations of names that a voxel can have, in the given order."""
        numbered = dict(enumerate(dict.fromkeys(one for one in marks if one), start=1))
        labels: dict[str, frozenset[int]] = {}
        for label, one in numbered.items():
            labels.update({name: labels.get(name, frozenset()) | {label} for name in sorted(one)})
        return cls(dict(sorted(labels.items(), key=lambda named: (len(named[1]), min(named[1])))))

    @classmethod
    def of_labels(cls, labels: LabelNames, means: Mapping[str, Collection[str]] | None = None) -> "Vocabulary":
        """Names of a dataset.json, and further names that each stand for several of them."""
        values = {
            name: frozenset([named] if isinstance(named, int) else named) for name, named in labels.labels.items()
        }
        names = {
            name: some
            for name, some in values.items()
            if some not in (frozenset([0]), frozenset([labels.ignore_label]))
        }
        regions = {name: frozenset().union(*(names[part] for part in parts)) for name, parts in (means or {}).items()}
        return cls({**names, **regions})

    @cached_property
    def labels(self) -> list[int]:
        """All labels, ascending, with 0 for the background."""
        return sorted({0}.union(*self.names.values()))

    def marks(self, label: int) -> Marks:
        """All names to which a label belongs."""
        return frozenset(name for name, labels in self.names.items() if label in labels)

    def meaning(self, marked: Marks, annotated: Collection[str]) -> frozenset[int]:
        """Labels that a voxel can have if somebody who annotates certain structures marked it in this way.

        A structure that is not annotated may be there or not. Empty where no label fits.
        """
        said = marked.intersection(annotated)
        return frozenset(label for label in self.labels if self.marks(label).intersection(annotated) == said)

    def name_of(self, labels: frozenset[int]) -> str:
        """Name that stands for exactly these labels; else the names of each of them, joined."""
        own = [name for name, some in self.names.items() if some == labels]
        return own[0] if own else " or ".join(" and ".join(sorted(self.marks(label))) for label in sorted(labels))

    @property
    def plain(self) -> dict[str, int]:
        """Names that stand for one label each."""
        return {name: next(iter(labels)) for name, labels in self.names.items() if len(labels) == 1}

    @property
    def means(self) -> dict[str, list[str]]:
        """Names that stand for several labels, with these labels' names; empty where a label has no name of its own."""
        own = {label: name for name, label in self.plain.items()}
        if len(own) < len(self.labels) - 1:
            return {}
        return {name: [own[one] for one in sorted(some)] for name, some in self.names.items() if len(some) > 1}

    @property
    def label_names(self) -> LabelNames:
        """Label names for dataset.json: plain labels, or regions where a label has no name of its own."""
        if len(self.plain) == len(self.labels) - 1:
            return LabelNames({BACKGROUND: 0, **self.plain})
        order = sorted(self.names, key=lambda name: -len(self.names[name]))
        labels: dict[str, int | list[int]] = {BACKGROUND: 0}
        labels.update({name: sorted(self.names[name]) for name in order})
        return LabelNames(labels, [self._painted(name) for name in order])

    def _painted(self, name: str) -> int:
        """The label of a region that belongs to the fewest other names."""
        return min(self.names[name], key=lambda label: (len(self.marks(label)), label))
