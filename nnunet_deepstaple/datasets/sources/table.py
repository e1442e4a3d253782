"""The table of sources and labels: what each source annotates, and what it does not annotate."""

from .gather import Sources
from .source import Source
from .vocabulary import Vocabulary

NOT_ANNOTATED = "not annotated"


def rows_of(sources: Sources) -> dict[str, dict[str, str]]:
    """What each source says about each name: its numbers, ``part of …`` with numbers, or :data:`NOT_ANNOTATED`."""
    vocabulary = sources.vocabulary
    return {
        name: {label: _cell(source, label, vocabulary) for label in vocabulary.names}
        for name, source in sources.by_name.items()
    }


def table_of(sources: Sources) -> list[str]:
    """The same table as lines of text; sources that say the same share a line."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for source, cells in rows_of(sources).items():
        alike.setdefault(tuple(cells.values()), []).append(source)
    lines = [("source", *(f"{name} = {_show(sorted(some))}" for name, some in sources.vocabulary.names.items()))]
    lines += [(_together(names), *cells) for cells, names in alike.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]


def _cell(source: Source, name: str, vocabulary: Vocabulary) -> str:
    if name in source.annotates:
        return _show(source.values_of(name))
    labels = vocabulary.names[name]
    parts = [one for one in source.annotates if vocabulary.names[one] < labels]
    if parts and frozenset().union(*(vocabulary.names[one] for one in parts)) == labels:
        return _show(sorted({number for one in parts for number in source.values_of(one)}))
    around = [one for one, some in vocabulary.names.items() if one in source.annotates and labels < some]
    return f"part of {around[0]} ({_show(source.values_of(around[0]))})" if around else NOT_ANNOTATED


def _show(values: list[int]) -> str:
    return ", ".join(map(str, values))


def _together(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
