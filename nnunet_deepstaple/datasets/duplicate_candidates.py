"""Find candidates with the same labels under two names: links to a folder, copies, the same labels in another type."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

from ..errors import InputError
from .candidates import Candidate


def duplicate_candidates(candidates: Mapping[str, Sequence[Candidate]]) -> list[str]:
    """A sentence about candidates with equal label maps on every image that they share, also if file types differ.

    The label maps of an image are read only if two of its candidates were equal on all images before. Two candidates
    that are empty on all images that they share are not duplicates.

    Args:
        candidates: of each image.
    """
    equal: set[tuple[str, str]] = set()
    differing: set[tuple[str, str]] = set()
    for found in candidates.values():
        pairs = [pair for pair in combinations(found, 2) if _names(pair) not in differing]
        paths = dict.fromkeys(one.path for pair in pairs for one in pair)
        try:
            labels = {path: _digest(path) for path in paths}
        except InputError:  # another reader of the file says why
            return []
        for pair in pairs:
            first, second = (labels[one.path] for one in pair)
            if first != second:
                differing.add(_names(pair))
            elif first is not None:
                equal.add(_names(pair))
    return [
        f"candidates {', '.join(map(repr, names))} have the same label maps on all images that they share; are they "
        f"copies? spectral counts them once, other rules count each of them"
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


def _digest(path: Path) -> bytes | None:
    """Digest of a label map and its shape, independent of the type of its numbers; None for an empty label map."""
    from ..files.label_maps import read_label_map  # noqa: PLC0415 (--help reads no image)

    labels, _ = read_label_map(path)
    shown = np.flatnonzero(labels.reshape(len(labels), -1).any(axis=1))
    if not shown.size:
        return None
    planes = labels[shown[0] : shown[-1] + 1]  # hashing is slow, and empty planes need none
    digest = hashlib.blake2b(repr((labels.shape, int(shown[0]))).encode())
    digest.update(np.ascontiguousarray(planes, np.min_scalar_type(int(planes.max()))).data)
    return digest.digest()
