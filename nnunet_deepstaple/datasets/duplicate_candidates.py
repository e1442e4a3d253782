"""Candidates that are one and the same under two names: links to a folder, copies that a file manager made."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path

from .candidates import Candidate

_PIECE = 1 << 20


def duplicate_candidates(candidates: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """A sentence about candidates whose files are equal, byte by byte, on every image that they share.

    Files are read only where two of an image have the same size and were equal on all images before.

    Args:
        candidates: of each image.
    """
    equal: set[tuple[str, str]] = set()
    differing: set[tuple[str, str]] = set()
    for found in candidates.values():
        pairs = [pair for pair in combinations(found, 2) if _names(pair) not in differing]
        try:
            alike = _equal(pairs)
        except OSError:  # whoever reads the file says why
            return []
        for pair in pairs:
            (equal if pair in alike else differing).add(_names(pair))
    return [
        f"candidates {', '.join(map(repr, names))} have equal files on all images that they share, and each of them "
        f"votes; are they copies?"
        for names in _groups(sorted(equal - differing))
    ]


def _groups(pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Names that are linked by pairs, pair by pair."""
    groups: list[list[str]] = []
    for pair in pairs:
        group = next((group for group in groups if set(pair) & set(group)), [])
        if not group:
            groups.append(group)
        group += [name for name in pair if name not in group]
    return groups


def _names(pair: tuple[Candidate, Candidate]) -> tuple[str, str]:
    return pair[0].name, pair[1].name


def _equal(pairs: Sequence[tuple[Candidate, Candidate]]) -> set[tuple[Candidate, Candidate]]:
    """Those of the pairs whose files are equal."""
    sizes = {one.path: one.path.stat().st_size for pair in pairs for one in pair}
    same_size = [pair for pair in pairs if sizes[pair[0].path] == sizes[pair[1].path]]
    digests = {path: _digest(path) for path in dict.fromkeys(one.path for pair in same_size for one in pair)}
    return {pair for pair in same_size if digests[pair[0].path] == digests[pair[1].path]}


def _digest(path: Path) -> bytes:
    digest = hashlib.blake2b()
    for piece in _pieces(path):
        digest.update(piece)
    return digest.digest()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
