"""Find names that differ but may mean the same, and ask the user about them instead of guessing."""

import json
import re
from collections.abc import Sequence
from itertools import combinations

from ..case_ids import spelled
from .source import Source


def alike(one: str, other: str) -> bool:
    """Whether two names differ only in upper and lower case, spelling of accents, separators, or order of words."""
    return one != other and _words(one) == _words(other)


def questions(sources: Sequence[Source]) -> list[str]:
    """A sentence about each pair of similar names, with the line for ``sources.json`` that makes them one name."""
    first: dict[str, Source] = {}
    for source in sources:
        for name in sorted({name for marks in source.numbers.values() for name in marks}):
            first.setdefault(name, source)
    pairs = [(one, other) for one, other in combinations(first, 2) if alike(one, other)]
    return [_question(one, other, first, {later: earlier for earlier, later in pairs}) for one, other in pairs]


def _question(one: str, other: str, first: dict[str, Source], same: dict[str, str]) -> str:
    source = first[other]
    names = sorted({name for marks in source.numbers.values() for name in marks}, key=source.values_of)
    labels = {same.get(name, name): _plain(source.values_of(name)) for name in names}
    line = json.dumps({source.name: {"labels": labels}}, ensure_ascii=False)
    return (
        f"'{first[one].name}' has '{one}' and '{source.name}' has '{other}': are they the same? If so, say in -sources "
        f"{line}"
    )


def _plain(values: list[int]) -> int | list[int]:
    return values[0] if len(values) == 1 else values


def _words(name: str) -> list[str]:
    return sorted(re.findall(r"[^\W_]+", spelled(name).casefold()))
