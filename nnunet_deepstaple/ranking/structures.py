"""What a structure is in each voter's numbers, and where a voter says nothing of it."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..datasets.candidates import Candidate
from ..datasets.sources.gather import Sources
from ..fusion.votes import Votes

Meaning = Mapping[str, frozenset[int]]
"""Numbers that mark each structure, by its name; a structure that is not annotated is not there."""


def meaning_of(sources: Sources, candidate: Candidate) -> Meaning:
    """What a candidate's numbers mark, of all that the sources name together."""
    source, names = sources.of(candidate), sources.vocabulary.names
    found = {}
    for name, labels in names.items():
        parts = [name] if name in source.annotates else [one for one in source.annotates if names[one] < labels]
        if parts and frozenset().union(*(names[one] for one in parts)) == labels:
            found[name] = frozenset(number for one in parts for number in source.values_of(one))
    return found


def plain_meaning(values: Sequence[int], names: Mapping[int, str]) -> Meaning:
    """Each number is a structure of its own."""
    return {names.get(value, f"label_{value}"): frozenset([value]) for value in values}


def masks_of(votes: Votes, meanings: Sequence[Meaning], structure: str) -> tuple[np.ndarray, np.ndarray]:
    """Whether each voter marks a structure in each pattern, and whether it says anything of it, shape (P, K) each."""
    masks, speaks = np.zeros((2, *votes.patterns.shape), bool)
    alike = all(meaning is meanings[0] for meaning in meanings)
    for voters, meaning in [(slice(None), meanings[0])] if alike else enumerate(meanings):
        if structure in meaning:
            said = votes.patterns[:, voters]
            for index in np.flatnonzero(np.isin(votes.labels, list(meaning[structure]))).tolist():
                masks[:, voters] |= said == index
            speaks[:, voters] = said < len(votes.labels)
    return masks, speaks
