"""Fusion of one image's label maps in one call: arrays, SimpleITK images or files in, labels and shares out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .decision.argmax import decide
from .decision.consensus import Consensus
from .decision.image_shares import ImageShares
from .decision.label_maps import DecidedLabels, PatternLabels, decide_voxels
from .rules.by_name import LABEL_ONLY, RULES
from .rules.rule import Rule
from .rules.weighted import spectral, weighted
from .votes.collect import collect_votes
from .votes.votes import VoteMap
from .weights.features import KINDS, MIND
from .weights.joint import SEARCH, JointOptions, joint_votes_by_images
from .weights.weights import Weights


@dataclass(frozen=True)
class Fusion:
    """What a rule made of one image.

    Attributes:
        labels: fused label map, shape of the image, the smallest unsigned type that fits.
        votes: the votes, and where each pattern stands.
        consensus: the rule's answer for each pattern of votes.
        decided: the resulting label of each voxel.
    """

    labels: np.ndarray
    votes: VoteMap
    consensus: Consensus
    decided: DecidedLabels

    @property
    def weights(self) -> np.ndarray | None:
        """Share of each label map in the vote, shape (K,), summing to one; None where the rule has none."""
        return self.consensus.weights

    @property
    def quality(self) -> dict[str, np.ndarray]:
        """What the rule estimated of each label map, by name: shape (K,) or, per label, (K, L)."""
        return dict(self.consensus.quality)

    def share(self, label: int) -> np.ndarray:
        """Share of the vote (or probability) of one label value, shape of the image, float32; 0 where nobody gives it.

        It is not calibrated (:mod:`.decision.calibration`), which goes by the other images too.
        """
        places = np.flatnonzero(self.votes.labels == label)
        if not places.size:
            return np.zeros(self.votes.shape, np.float32)
        return self.decided.probability(int(places[0]))


def fuse(
    label_maps: Sequence[Any],
    rule: str | Rule = LABEL_ONLY,
    weights: Sequence[float] | np.ndarray | None = None,
    ignore_label: int | None = None,
) -> Fusion:
    """Fuse the label maps of one image.

    ``ds_fuse`` does more than this (smoothed and calibrated shares, predictions, scores). That needs folders: see
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
        rule: name of a rule, or a rule of your own.
        weights: of the label maps, not negative; None where nothing is known about them.
        ignore_label: value by which a label map says nothing about a voxel; None for none.

    Raises:
        InputError: the rule is not known, the weights do not fit, a label map holds other values than 0 … 65,535, or
            files cannot be read or lie on different grids.
    """
    if isinstance(rule, str) and rule not in RULES:
        raise InputError(f"rule {rule!r} is not known; choose one of {', '.join(RULES)}")
    maps = list(label_maps)
    votes = _votes(maps, ignore_label)
    consensus = (RULES[rule] if isinstance(rule, str) else rule)(votes, _weights(weights, len(maps)))
    decided = PatternLabels.of(votes, consensus)
    return Fusion(decided.label_map(), votes, consensus, decided)


def fuse_by_images(
    label_maps: Sequence[Any],
    image: Any,
    atlas_images: Sequence[Any],
    features: str = MIND,
    weights: Sequence[float] | np.ndarray | None = None,
    spacing: Sequence[float] | None = None,
    ignore_label: int | None = None,
) -> Fusion:
    """Fuse the label maps of one image by how much the atlases' warped images look like it (:mod:`.weights.joint`).

    Args:
        label_maps: of K atlases, as :func:`fuse` takes them.
        image: the target: an array of the label maps' shape, or a SimpleITK image on their grid.
        atlas_images: the atlases' images, warped as their labels were, of the same kind; None where there is none.
        features: ``mind``; or ``intensity``, where atlases have the target's contrast or its opposite.
        weights: of the label maps, as a prior; None to take them from the overlap.
        spacing: millimetres between voxels, (z, y, x) or (y, x); None for those of a SimpleITK image, or 1.
        ignore_label: as in :func:`fuse`.

    Raises:
        InputError: as :func:`fuse`; or an image does not fit the label maps, or there are no atlas images.
    """
    if features not in KINDS:
        raise InputError(f"features {features!r} are not known; choose one of {', '.join(KINDS)}")
    maps, warped = list(label_maps), list(atlas_images)
    votes, given = _votes(maps, ignore_label), _weights(weights, len(maps))
    if len(warped) != len(maps):
        raise InputError(
            f"there are {len(warped)} atlas images; give one for each of the {len(maps)} label maps, or None"
        )
    atlases = [place for place, one in enumerate(warped) if one is not None]
    if not atlases:
        raise InputError("all atlas images are None; fuse without them")
    images = [_image(one, votes.shape) for one in (image, *(warped[place] for place in atlases))]
    if spacing is None:
        spacing = image.GetSpacing()[::-1] if hasattr(image, "GetSpacing") else (1.0,) * len(votes.shape)
    return decided_by_images(votes, given, atlases, ([one] for one in images), spacing, features)


def decided_by_images(
    votes: VoteMap,
    weights: Weights | None,
    atlases: Sequence[int],
    channels: Iterable[Sequence[np.ndarray]],
    spacing: Sequence[float],
    features: str = MIND,
) -> Fusion:
    """As :func:`fuse_by_images`, for votes and images that are already read.

    Args:
        votes: of the K voters.
        weights: as a prior; None to take them from the overlap.
        atlases: places of the voters with an image.
        channels: of the target and then of the image of each atlas, shape of the votes.
        spacing: millimetres between voxels, (z, y, x) or (y, x).
        features: ``mind`` or ``intensity``.
    """
    consensus = spectral(votes) if weights is None else weighted(votes, weights)
    of_voters = Weights.equal(votes.n_voters).of_voters if consensus.weights is None else consensus.weights
    options = JointOptions(features, search=SEARCH[features])
    joint = joint_votes_by_images(votes, of_voters, atlases, channels, spacing, options)
    consensus = replace(consensus, labels=decide(consensus.shares, votes, of_voters), by_dice=False)
    decided = decide_voxels(ImageShares(votes, consensus.shares, local=joint.shares), consensus)
    return Fusion(decided.label_map(), votes, consensus, decided)


def _image(image: Any, shape: tuple[int, ...]) -> np.ndarray:
    values = _values(image)
    if values.shape != shape:
        raise InputError(f"an image has shape {values.shape}, the label maps {shape}; warp it to their grid")
    if not np.isfinite(values).all():
        raise InputError("an image holds NaN or infinite values; warp it again, with 0 outside")
    return values


def _weights(given: Sequence[float] | np.ndarray | None, n_voters: int) -> Weights | None:
    if given is None:
        return None
    weights = np.array(given, float)
    if weights.shape != (n_voters,):
        raise InputError(f"weights have shape {weights.shape}; give one for each of the {n_voters} label maps")
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.sum():
        raise InputError(f"weights {weights.tolist()} are not possible; give finite numbers of 0 and more, not all 0")
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
            raise InputError(
                f"label map {number} has shape {array.shape}, label map 0 {arrays[0].shape}; resample it first"
            )
        if array.ndim not in (2, 3):
            raise InputError(f"label map {number} has {array.ndim} dimensions; give (z, y, x) or (y, x)")
    return collect_votes(arrays, ignore_label)


def _array(label_map: Any, number: int) -> np.ndarray:
    """Label values of an array or a SimpleITK image, uint8 or uint16."""
    array = _values(label_map)
    whole = np.issubdtype(array.dtype, np.integer) or array.dtype == bool or bool((array == np.floor(array)).all())
    if not whole or array.min(initial=0) < 0 or array.max(initial=0) > np.iinfo(np.uint16).max:
        raise InputError(
            f"label map {number} holds other values than whole numbers from 0 to 65,535; round or renumber them"
        )
    return array.astype(np.min_scalar_type(int(array.max(initial=0))), copy=False)


def _values(image: Any) -> np.ndarray:
    """Values of an array or a SimpleITK image, (z, y, x) or (y, x)."""
    if hasattr(image, "GetSpacing"):
        import SimpleITK as sitk  # noqa: N813, PLC0415 (arrays need none of it)

        image = sitk.GetArrayViewFromImage(image)
    return np.asarray(image)
