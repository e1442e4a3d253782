"""All sources of a run together: what each source means, in one common numbering."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...errors import InputError
from ...files.links import is_there
from ..candidates import ALLOW, Candidate, Candidates, Say
from ..label_names import IGNORE, LabelNames, read_label_names
from ..listing import LABELS_FOLDER
from .names import questions
from .source import Source
from .statements import Statement, read_own_labels, read_statements
from .vocabulary import Marks, Vocabulary


@dataclass(frozen=True)
class Sources:
    """What all sources mean.

    Attributes:
        vocabulary: the names and labels that they share.
        by_name: each source.
        by_case: names that a single case annotates, by its id, if they differ from those of its source.
    """

    vocabulary: Vocabulary
    by_name: Mapping[str, Source]
    by_case: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def of(self, candidate: Candidate) -> Source:
        """What one candidate means."""
        source = self.by_name[candidate.name]
        annotated = self.by_case.get(candidate.case)
        return source if annotated is None else replace(source, annotates=annotated)

    def annotated_by(self, candidates: Sequence[Candidate]) -> list[str] | None:
        """Names that at least one of these candidates annotates; None if these names tell all labels apart."""
        names = frozenset().union(*(self.of(candidate).annotates for candidate in candidates))
        told = all(
            self.vocabulary.meaning(self.vocabulary.marks(one), names) == {one} for one in self.vocabulary.labels
        )
        return None if told else sorted(names)

    def annotators(self, candidates: Sequence[Candidate]) -> float:
        """Number of candidates that annotate a structure, the mean over the structures that any of them annotates."""
        names = self.vocabulary.names
        told = [[names[one] for one in self.of(candidate).annotates] for candidate in candidates]
        counts = [sum(any(one <= labels for one in some) for some in told) for labels in names.values()]
        found = [count for count in counts if count]
        return sum(found) / len(found) if found else 0.0

    def label_names(self, *, needs_ignore: bool) -> LabelNames:
        """Names of all labels, with nnU-Net's ignore label where a source has one or it is needed."""
        names = self.vocabulary.label_names
        if needs_ignore or any(source.ignored is not None for source in self.by_name.values()):
            return LabelNames({**names.labels, IGNORE: names.values[-1] + 1}, names.regions_class_order)
        return names

    def with_all_annotated(self) -> "Sources":
        """The same, but each source annotates all that it can: each label that is not part of a region it marks."""
        return replace(self, by_name={name: self._whole(source) for name, source in self.by_name.items()})

    def _whole(self, source: Source) -> Source:
        names = self.vocabulary.names
        regions = [names[name] for name in source.annotates if len(names[name]) > 1]
        free = {name for name, labels in names.items() if not any(labels < region for region in regions)}
        return replace(source, annotates=source.annotates | {name for name in free if len(names[name]) == 1})

    def meaning(self, candidate: Candidate) -> dict[int, frozenset[int]]:
        """Labels that each number of a candidate stands for (:meth:`.source.Source.meaning`)."""
        return self.of(candidate).meaning(self.vocabulary)


def gather(
    candidates: Candidates,
    file: Path | None,
    labels: Path | None,
    say: Say = str,
    allow_doubtful: bool = False,
) -> Sources:
    """Find out what each source means: from ``file``, else from its own dataset.json, else from ``labels``.

    Args:
        candidates: of each image; a source is a candidate's name.
        file: ``sources.json``; None for none.
        labels: label names for all sources without label names of their own, and the common numbering; None for none.
        say: gets a sentence about doubts that are allowed.
        allow_doubtful: treat similar names as different names.

    Raises:
        InputError: a file cannot be read, nobody says what a source means, or what is said is impossible.
    """
    files: dict[str, list[Candidate]] = {}
    for found in candidates.values():
        for candidate in found:
            files.setdefault(candidate.name, []).append(candidate)
    statements = read_statements(file, files) if file else {}
    names = read_label_names(labels) if labels else None
    means = _means(statements, file)
    sources = [
        _source(name, found, statements.get(name, Statement()), (names, labels), file)
        for name, found in sorted(files.items())
    ]
    _check_parts(means, sources, names, file)
    for question in questions(sources):
        if not allow_doubtful:
            raise InputError(f"{question}; if they differ, go on with {ALLOW}")
        say(f"{question}; they are taken for two labels")
    vocabulary = Vocabulary.of_labels(names, means) if names else _numbered(sources, means)
    for source in sources:
        if missing := sorted(source.annotates.difference(vocabulary.names)):
            raise InputError(f"{labels} does not name '{missing[0]}', which {source.origin} has; name it there")
        source.meaning(vocabulary)
    return Sources(vocabulary, {source.name: source for source in sources})


def dataset_json_of(candidates: Sequence[Candidate]) -> list[Path]:
    """Each dataset.json that lies with these candidates, or above their ``labelsTr``."""
    homes = dict.fromkeys(candidate.path.absolute().parent for candidate in candidates)
    homes = dict.fromkeys(home.parent if home.name == LABELS_FOLDER else home for home in homes)
    return [home / "dataset.json" for home in homes if is_there(home / "dataset.json")]


def differ(candidates: Candidates) -> bool:
    """Whether the sources have their own dataset.json files, and these name the labels differently."""
    files = dataset_json_of([one for found in candidates.values() for one in found])
    named = [names.labels for path in files if (names := read_own_labels(path)) is not None]
    return any(labels != named[0] for labels in named[1:])


def _source(
    name: str,
    files: Sequence[Candidate],
    statement: Statement,
    default: tuple[LabelNames | None, Path | None],
    file: Path | None,
) -> Source:
    """One source, from what is said about it."""
    if statement.labels is not None:
        source = Source.of_labels(name, statement.labels, str(file))
    elif (own := _own(name, dataset_json_of(files))) is not None:
        source = own
    elif default[0] is not None:
        source = Source.of_labels(name, default[0], str(default[1]))
    else:
        where = f"in {file}" if file else "in a sources.json, given with -sources"
        raise InputError(
            f"nobody says what the numbers of '{name}' mean ({files[0].path}): it has no dataset.json, and there is no "
            f'-labels; {where}, write {{"{name}": {{"labels": {{"liver": 1}}}}}}'
        )
    if statement.annotates is None:
        return source
    known = source.annotates
    if unknown := sorted(statement.annotates - known):
        raise InputError(
            f"{file}: '{name}' annotates '{unknown[0]}', for which it has no number; its labels are "
            f"{', '.join(sorted(known))}"
        )
    return replace(source, annotates=statement.annotates, origin=str(file))


def _own(name: str, files: Sequence[Path]) -> Source | None:
    """A source from its own dataset.json; None where it has no dataset.json that names labels."""
    said = [(path, labels) for path in files if (labels := read_own_labels(path)) is not None]
    for path, labels in said[1:]:
        if labels.labels != said[0][1].labels:
            raise InputError(
                f"{said[0][0]} and {path} name the labels of '{name}' differently; say which are right in -sources"
            )
    return Source.of_labels(name, said[0][1], str(said[0][0])) if said else None


def _means(statements: Mapping[str, Statement], file: Path | None) -> dict[str, list[str]]:
    """Names that stand for several other names, from the statements about all sources."""
    means: dict[str, list[str]] = {}
    for name, statement in statements.items():
        for region, parts in statement.means.items():
            if set(means.setdefault(region, parts)) != set(parts):
                raise InputError(f"{file}: '{name}' has another meaning of '{region}' than a source before; say one")
    for region in means:
        if region in _parts(region, means):
            raise InputError(f"{file}: '{region}' means itself by way of its parts; name only its parts")
    return {region: sorted(_parts(region, means)) for region in means}


def _parts(region: str, means: Mapping[str, Sequence[str]]) -> set[str]:
    """All names that a region consists of; a region inside it is replaced by its own names."""
    found: set[str] = set()
    open_ = list(means[region])
    while open_:
        part = open_.pop()
        if part in means and part != region and part not in found:
            open_ += means[part]
        found.add(part)
    return {part for part in found if part not in means or part == region}


def _check_parts(
    means: Mapping[str, Sequence[str]], sources: Sequence[Source], names: LabelNames | None, file: Path | None
) -> None:
    known = {name for source in sources for name in source.annotates} | set(names.labels if names else ())
    for region, parts in means.items():
        for part in parts:
            if part not in known:
                raise InputError(
                    f"{file}: '{region}' means '{part}', which no source annotates; the labels are "
                    f"{', '.join(sorted(known - means.keys()))}"
                )


def _numbered(sources: Sequence[Source], means: Mapping[str, Sequence[str]]) -> Vocabulary:
    """Labels of all combinations of names that the sources tell apart.

    They keep the numbers of the sources if these agree and are consecutive. Else they follow the order of the sources.
    """
    told = [(_closed(marks & source.annotates, means), source) for source in sources for marks in _marks(source)]
    everything = list(dict.fromkeys(marks for marks, _ in told))
    kept = [marks for marks, source in told if not any(_is_finer(other, marks, source) for other in everything)]
    numbers: dict[Marks, set[int]] = {}
    for source in sources:
        for number, marks in source.numbers.items():
            numbers.setdefault(_closed(marks & source.annotates, means), set()).add(number)
    own = {marks: min(numbers[marks]) for marks in kept if len(numbers[marks]) == 1}
    agree = sorted(own.values()) == list(range(1, len(set(kept)) + 1))
    return Vocabulary.of_marks(sorted(set(kept), key=lambda marks: own[marks]) if agree else kept)


def _marks(source: Source) -> Iterable[Marks]:
    return (marks for _, marks in sorted(source.numbers.items()) if marks & source.annotates)


def _closed(marks: Marks, means: Mapping[str, Sequence[str]]) -> Marks:
    """The names, and all regions of which they are parts."""
    return marks | {region for region, parts in means.items() if marks.intersection(parts)}


def _is_finer(other: Marks, marks: Marks, source: Source) -> bool:
    """Whether ``other`` says more than ``marks``, but the source cannot tell the two apart."""
    return marks < other and other & source.annotates == marks & source.annotates
