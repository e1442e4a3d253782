"""Find sets of labels that must be a mistake: an image among the masks, probabilities, 255 instead of 1."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.label_values import present_labels
from .candidates import ALLOW, Candidate, Say
from .label_names import show_values

MANY = 16
"""A file with more labels than this may not be a label map."""

_PLANES = 32
"""About this many planes of an image are enough to see whether its values change from voxel to voxel."""

_TIMES = 4
"""A file with this many times the labels of the other candidates of its image must be a mistake."""


def values_of(labels: np.ndarray) -> set[int]:
    """Label values of a label map."""
    found = set(present_labels(labels).tolist())
    return found if not labels.all() else found - {0}


def is_graded(labels: np.ndarray, count: int) -> bool:
    """Whether values change from voxel to voxel, as in an image or a map of probabilities.

    Args:
        labels: shape (z, y, x) or (y, x).
        count: how many values occur.

    Returns:
        Whether there are many values, and more than half of all pairs of foreground neighbours in a row differ.
    """
    if count <= MANY:
        return False
    labels = labels[:: max(len(labels) // _PLANES, 1)]
    left, right = labels[..., :-1], labels[..., 1:]
    both = (left > 0) & (right > 0)
    differing = np.count_nonzero((left != right) & both)
    return bool(2 * differing > np.count_nonzero(both))


class LabelSets:
    """The label values of all candidates: they are collected file by file and then judged together."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, set[int]]] = {}
        self._paths: dict[tuple[str, str], Candidate] = {}
        self._graded: list[Candidate] = []

    def add(self, candidate: Candidate, values: set[int], graded: bool = False) -> None:
        """Add a candidate's values, and whether it :func:`is_graded`."""
        self._of.setdefault(candidate.image, {})[candidate.name] = values
        self._paths[candidate.image, candidate.name] = candidate
        if graded:
            self._graded.append(candidate)

    @property
    def values(self) -> set[int]:
        """All values that occur."""
        return set().union(*(values for named in self._of.values() for values in named.values()))

    @property
    def files(self) -> dict[int, Path]:
        """All values that occur, each with the first file that holds it."""
        found: dict[int, Path] = {}
        for (image, name), candidate in self._paths.items():
            for value in self._of[image][name]:
                found.setdefault(value, candidate.path)
        return found

    def judge(self, say: Say, allow_doubtful: bool) -> None:
        """Warn about odd sets of labels, and refuse sets that must be a mistake.

        Raises:
            InputError: a file holds many values and the other candidates of its image few, unless doubts are allowed.
        """
        for sentence in self._many_among_few():
            if not allow_doubtful:
                raise InputError(f"{sentence}; is it a label map? Remove it, or let it pass with {ALLOW}")
            say(sentence)
        for sentence in (*self._graded_maps(), *unlike_others(self._by_name())):
            say(sentence)

    def _many_among_few(self) -> Iterable[str]:
        for image, named in self._of.items():
            for name, values in named.items():
                others = [len(found - {0}) for other, found in named.items() if other != name]
                if others and len(values) > MANY and len(values - {0}) > _TIMES * max(np.median(others), 1):
                    path = self._paths[image, name].path
                    yield f"{path} holds {len(values)} values ({show_values(values)}) and the other candidates few"

    def _graded_maps(self) -> Sequence[str]:
        if not self._graded:
            return []
        return [
            f"the values of {len(self._graded)} candidates, such as {self._graded[0].path}, change from voxel to voxel "
            f"as those of an image or of probabilities do; are they no label maps?"
        ]

    def _by_name(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for named in self._of.values():
            for name, values in named.items():
                found.setdefault(name, set()).update(values - {0})
        return found


def unlike_others(labels_of: Mapping[str, set[int]]) -> list[str]:
    """A sentence about each candidate that has labels of its own and lacks labels of the others, like 255 for 1.

    Args:
        labels_of: foreground values that each candidate has in any image.
    """
    sentences = []
    for name, values in labels_of.items():
        others = [found for other, found in labels_of.items() if other != name]
        alone = values.difference(*others)
        lacked = set.intersection(*others) - values if others else set()
        shared = values & set().union(*others)
        if alone and any(others) and (lacked or not shared):
            sentences.append(
                f"candidate '{name}' holds the labels {show_values(values)} and the others "
                f"{show_values(set().union(*others))}; do they mean the same?"
            )
    return sentences
