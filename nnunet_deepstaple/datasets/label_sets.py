"""Sets of labels that cannot be meant: the image among the masks, probabilities, 255 for 1."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from ..errors import InputError
from .candidates import ALLOW, Candidate, Say
from .label_names import show_values

MANY = 16
"""Labels in a file from which it may be no label map."""

_PLANES = 32
"""So many planes of an image tell whether its values change from voxel to voxel."""

_TIMES = 4
"""So many times the labels of the other candidates of an image cannot be meant."""


def values_of(labels: np.ndarray) -> set[int]:
    """Label values of a label map."""
    return set(np.flatnonzero(np.bincount(labels.ravel())).tolist())


def is_graded(labels: np.ndarray, count: int) -> bool:
    """Whether values change from voxel to voxel, as in an image or a map of probabilities.

    Args:
        labels: shape (z, y, x) or (y, x).
        count: how many values occur.

    Returns:
        Whether there are many values, and more than half of the neighbours in a row that are both foreground differ.
    """
    if count <= MANY:
        return False
    labels = labels[:: max(len(labels) // _PLANES, 1)]
    left, right = labels[..., :-1], labels[..., 1:]
    both = (left > 0) & (right > 0)
    differing = np.count_nonzero((left != right) & both)
    return bool(2 * differing > np.count_nonzero(both))


class LabelSets:
    """The label values of all candidates, gathered file by file and then judged together."""

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
        """Warn of what is odd, and refuse what cannot be meant.

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
                if others and len(values) > MANY and len(values - {0}) > _TIMES * max(median(others), 1):
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
    """A sentence about each candidate that alone has some labels and lacks those of the others, as 255 in place of 1.

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
