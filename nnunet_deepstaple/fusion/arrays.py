"""Fusion of one image's label maps in one call: arrays, SimpleITK images or files in, labels and shares out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .decision.consensus import Consensus
from .rules.by_name import LABEL_ONLY, RULES
from .rules.rule import Rule
from .votes.collect import collect_votes
from .votes.votes import VoteMap
from .weights.weights import Weights


@dataclass(frozen=True)
class Fusion:
    """What a rule made of one image.

    Attributes:
        labels: fused label map, shape of the image, the smallest unsigned type that fits.
        votes: what was voted where.
        consensus: the rule's answer for each pattern of votes.
    """

    labels: np.ndarray
    votes: VoteMap
    consensus: Consensus

    @property
    def weights(self) -> np.ndarray | None:
        """Share of each label map in the vote, shape (K,), summing to one; None where the rule has none."""
        return self.consensus.weights

    @property
    def quality(self) -> dict[str, np.ndarray]:
        """What the rule estimated of each label map, by name: shape (K,) or, per label, (K, L)."""
        return dict(self.consensus.quality)

    def share(self, label: int) -> np.ndarray:
        """Share (or probability) of one label value, shape of the image, float32; 0 where nobody gives it."""
        places = np.flatnonzero(self.votes.labels == label)
        if not places.size:
            return np.zeros(self.votes.shape, np.float32)
        return self.votes.paint(self.consensus.probabilities[:, places[0]].astype(np.float32))


def fuse(
    label_maps: Sequence[Any],
    rule: str | Rule = LABEL_ONLY,
    weights: Sequence[float] | np.ndarray | None = None,
    ignore_label: int | None = None,
) -> Fusion:
    """Fuse the label maps of one image.

    What ``ds_fuse`` does besides (smoothing of the shares, predictions, scores) belongs to folders:
    :func:`~.folder.fuse_folder`.

    >>> import numpy as np
    >>> from nnunet_deepstaple.fusion import fuse
    >>> one, two, three = np.array([[[0, 1, 1, 2]], [[0, 1, 1, 0]], [[0, 0, 1, 2]]])
    >>> fuse([one, two, three], "majority").labels
    array([[0, 1, 1, 2]], dtype=uint8)
    >>> fused = fuse([one, two, three], "weighted", weights=[1, 1, 3])
    >>> fused.labels, fused.share(1).round(1)
    (array([[0, 0, 1, 2]], dtype=uint8), array([[0. , 0.4, 1. , 0. ]], dtype=float32))

    Args:
        label_maps: K label maps of one shape, (z, y, x) or (y, x): arrays of integers, SimpleITK images, or paths of
            files; all of one kind. Images and files must lie on one grid.
        rule: name of a rule, or one of your own.
        weights: of the label maps, not negative; None where nothing is known of them.
        ignore_label: value by which a label map says nothing of a voxel; None for none.

    Raises:
        InputError: the rule is not known, the weights do not fit, a label map holds other values than 0 … 65,535, or
            files cannot be read or lie on different grids.
    """
    if isinstance(rule, str) and rule not in RULES:
        raise InputError(f"rule {rule!r} is not known; choose one of {', '.join(RULES)}")
    maps = list(label_maps)
    votes = _votes(maps, ignore_label)
    consensus = (RULES[rule] if isinstance(rule, str) else rule)(votes, _weights(weights, len(maps)))
    values = votes.labels[consensus.labels]
    labels = votes.paint(values.astype(np.min_scalar_type(values.max(initial=0))))
    return Fusion(labels, votes, consensus)


def _weights(given: Sequence[float] | np.ndarray | None, n_voters: int) -> Weights | None:
    if given is None:
        return None
    weights = np.array(given, float)
    if weights.shape != (n_voters,):
        raise InputError(f"weights have shape {weights.shape}; give one for each of the {n_voters} label maps")
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum():
        raise InputError(f"weights {weights.tolist()} cannot be; give finite numbers of 0 and more, not all 0")
    return Weights(weights / weights.sum())


def _votes(maps: list[Any], ignore_label: int | None) -> VoteMap:
    if not maps:
        raise InputError("there are no label maps to fuse")
    if all(isinstance(one, str | Path) for one in maps):
        from ..datasets.candidates import Candidate  # noqa: PLC0415 (arrays need no files)
        from .votes.reading import read_votes  # noqa: PLC0415

        return read_votes([Candidate("", str(path), Path(path)) for path in maps], ignore_label)[0]
    for number, one in enumerate(maps):
        if hasattr(one, "GetSpacing") and not one.IsSameImageGeometryAs(maps[0]):
            raise InputError(f"label map {number} lies on another grid than label map 0; resample it first")
    arrays = [_array(one, number) for number, one in enumerate(maps)]
    for number, array in enumerate(arrays):
        if array.shape != arrays[0].shape:
            raise InputError(f"label map {number} has shape {array.shape}, label map 0 {arrays[0].shape}")
        if array.ndim not in (2, 3):
            raise InputError(f"label map {number} has {array.ndim} dimensions; give (z, y, x) or (y, x)")
    return collect_votes(arrays, ignore_label)


def _array(label_map: Any, number: int) -> np.ndarray:
    """Label values of an array or a SimpleITK image, uint8 or uint16."""
    if hasattr(label_map, "GetSpacing"):
        import SimpleITK as sitk  # noqa: N813, PLC0415 (arrays need none of it)

        label_map = sitk.GetArrayViewFromImage(label_map)
    array = np.asarray(label_map)
    whole = np.issubdtype(array.dtype, np.integer) or array.dtype == bool or bool((array == np.floor(array)).all())
    if not whole or array.min(initial=0) < 0 or array.max(initial=0) > np.iinfo(np.uint16).max:
        raise InputError(f"label map {number} holds other values than whole numbers from 0 to 65,535")
    return array.astype(np.min_scalar_type(int(array.max(initial=0))), copy=False)
