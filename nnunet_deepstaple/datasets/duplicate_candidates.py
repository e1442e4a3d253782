"""Find candidates with the same labels under two names: links to a folder, copies, the same labels in another type."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from ..errors import InputError
from ..files.buffer import BUFFER
from ..files.label_maps import read_label_map
from .candidate_looks import CandidatesLook
from .candidates import Candidate
from .structures.files import read_candidate

_SAMPLED = 1 << 17
"""So many voxels tell nearly all label maps apart."""

_CHUNK = 1 << 16
"""Voxels that are hashed at once."""


def duplicate_candidates(
    candidates: Mapping[str, Sequence[Candidate]], looks: Mapping[str, CandidatesLook] | None = None
) -> list[str]:
    """A sentence about candidates with equal label maps on every image that they share, also if file types differ.

    The label maps of an image are read only if two of its candidates were equal on all images before. Two candidates
    that are empty on all images that they share are not duplicates.

    Args:
        candidates: of each image.
        looks: what was already found in some images; candidates that differ in the volume of a label are not equal.
    """
    equal: set[tuple[str, str]] = set()
    differing = {
        (one, other)
        for look in (looks or {}).values()
        for (one, volumes), (other, of_other) in combinations(look.volumes.items(), 2)
        if volumes != of_other
    }
    for found in candidates.values():
        pairs = [pair for pair in combinations(found, 2) if _names(pair) not in differing]
        compared = dict.fromkeys(one for pair in pairs for one in pair)
        try:
            labels = _told_apart(list(compared))
        except InputError:  # another reader of the file says why
            return []
        for pair in pairs:
            first, second = (labels[one] for one in pair)
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


def _told_apart(candidates: Sequence[Candidate]) -> dict[Candidate, bytes | None]:
    """Digest of each label map; None for an empty one. Where some voxels of its first file tell it apart, of these."""
    few = {one: _digest(read_label_map(one.path, BUFFER)[0], _SAMPLED) for one in candidates}
    alike = Counter(few.values())
    digests = {}
    for one, found in few.items():
        told = alike[found] == 1 if found is not None else not one.structures
        digests[one] = found if told else _digest(read_candidate(one, BUFFER)[0])
    return digests


def _digest(labels: np.ndarray, most: int | None = None) -> bytes | None:
    """Digest of a label map and its shape, independent of the type of its numbers; None for an empty label map.

    Args:
        labels: of all voxels.
        most: about so many voxels are looked at, spread over the image; None for all.
    """
    step = max(labels.size // most, 1) if most else 1
    flat = labels.reshape(-1)[::step]
    largest = int(flat.max(initial=0))
    if not largest and (step == 1 or not labels.any()):
        return None
    digest = hashlib.blake2b(repr((labels.shape, most)).encode())
    for start in range(0, len(flat), _CHUNK):
        some = flat[start : start + _CHUNK]
        if some.any():  # hashing is slow, and background needs none
            digest.update(start.to_bytes(8, "little"))
            digest.update(np.ascontiguousarray(some, np.min_scalar_type(largest)).data)
    return digest.digest()
