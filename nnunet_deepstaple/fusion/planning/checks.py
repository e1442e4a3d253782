"""Read an image before anything is fused: check its files, and find how far its voters are confirmed or overlap."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np

from ...datasets.candidate_looks import CandidatesLook, LabelMapLook
from ...datasets.common_labels import meanings_of
from ...datasets.label_sets import is_graded
from ...files.boxes import as_3d, foreground_box
from ...files.grids import OUTSIDE
from ...files.label_values import present_labels
from ...files.soft_labels import check_fit
from ..decision.calibration import overlap_of
from ..rules.rule import Rule
from ..votes.reading import read_each, read_soft, read_votes
from ..weights.joint import JointOptions, agreement_gain, joint_votes_by_images
from ..weights.networks import annotators, best_of, compared
from ..weights.scores_and_overlap import share_trust
from .task import ImageTask, Method
from .voting import weights_of


@dataclass(frozen=True)
class CheckedImage:
    """What was found in one image's candidates.

    Attributes:
        labels: values that each candidate holds, or the labels that these stand for.
        graded: whether each candidate's values change from voxel to voxel, as the values of a scan do.
        voxels: of the image.
        notes: what a user should know, one sentence each.
    """

    labels: list[set[int]]
    graded: list[bool]
    voxels: int
    notes: list[str]


def check_image(looks: Mapping[str, CandidatesLook], task: ImageTask) -> CheckedImage:
    """Read the voters of one image, check their voxels and geometry, and list what the label maps hold.

    Args:
        looks: what was already found in some images; their candidates are not read again.
        task: the image.

    Raises:
        InputError: as :func:`~..votes.reading.read_votes`; or soft labels cannot be read.
    """
    known = _known(looks, task)
    values = [look.values for look in known]
    graded = [look.graded for look in known]
    notes = [note for look in known for note in look.notes]
    geometries = [look.geometry for look in known]
    maps = read_each(task.label_maps, geometries, notes, task.grid)
    for labels, soft in zip_longest(maps, task.soft[len(known) :]):
        volume = labels.reshape(as_3d(labels.shape))
        inside = volume[foreground_box(volume)]
        found = set(present_labels(inside).tolist()) - ({OUTSIDE} if task.grid else set())
        graded.append(is_graded(inside, len(found)))
        values.append(found)
        if soft is not None:
            check_fit(read_soft(soft, labels.shape), labels, soft)
    for place, (candidate, meaning) in enumerate(zip(task.candidates, task.meanings, strict=False)):
        values[place] = {min(meanings_of(value, meaning, candidate.path)) for value in values[place]}
    if task.images is not None:
        for _ in task.images.read(task.candidates[0].path):
            pass
    return CheckedImage(values, graded, math.prod(geometries[0].size), notes)


def _known(looks: Mapping[str, CandidatesLook], task: ImageTask) -> list[LabelMapLook]:
    """What was already found in the candidates, if this is all that has to be known of them, and on one grid."""
    look = looks.get(task.image)
    if look is None or task.grid is not None or any(task.soft[: len(task.candidates)]):
        return []
    found = [look.label_maps[candidate.name] for candidate in task.candidates]
    unchanged = all(task.states[path] == state for one in found for path, state in one.states.items())
    one_grid = all(found[0].geometry.difference(one.geometry) is None for one in found)
    return found if unchanged and one_grid else []


def compare_predictions(score_trust: float, ignored: int | None, task: ImageTask) -> dict[str, tuple[float, float]]:
    """How far each prediction of one image, and its best candidate, agree with the vote of the candidates.

    Returns:
        For each prediction's name, its Dice and the best candidate's Dice (:func:`~..weights.networks.best_of`).

    Raises:
        InputError: as :func:`~..votes.reading.read_votes`.
    """
    meanings = task.meanings_of(task.voters)
    votes, _ = read_votes(task.voters, task.silent(ignored), meanings=meanings, grid=task.grid)
    n_candidates = len(task.candidates)
    weights = share_trust(votes, task.weights, n_candidates, score_trust).of_voters
    dice, apart, within = compared(votes, weights, n_candidates)
    best = best_of(apart, within, annotators(votes.of_voters(slice(n_candidates))))
    return {prediction.name: (float(one), best) for prediction, one in zip(task.predictions, dice, strict=True)}


def compare_features(
    score_trust: float, rule: Rule, ignored: int | None, options: Sequence[JointOptions], task: ImageTask
) -> dict[str, float]:
    """For each kind of features, how far the labels of atlases that look like the image agree with other votes.

    Raises:
        InputError: as :func:`~..votes.reading.read_votes` and :meth:`~..votes.atlas_images.AtlasImages.read`.
    """
    images = task.images
    if images is None:
        return {}
    votes, geometry = read_votes(task.candidates, ignored)
    shared = share_trust(votes, _of_candidates(task), len(task.candidates), score_trust)
    estimated = rule(votes, shared).weights
    weights = shared.of_voters if estimated is None else estimated
    found = {}
    for one in options:
        channels = images.read(task.candidates[0].path)
        joint = joint_votes_by_images(votes, weights, images.atlases, channels, geometry.spacing[::-1], one)
        found[one.features] = agreement_gain(votes, weights, images.atlases, joint)
    return found


def measure_overlap(method: Method, task: ImageTask) -> float:
    """Mean Dice of an image's pairs of voters, weighted as they vote (:func:`~..decision.calibration.overlap_of`).

    Raises:
        InputError: as :func:`~..votes.reading.read_votes`.
    """
    meanings = task.meanings_of(task.voters)
    votes, _ = read_votes(task.voters, task.silent(method.ignore_label), meanings=meanings, grid=task.grid)
    return overlap_of(votes, method.rule(votes, weights_of(method, task, votes)))


def _of_candidates(task: ImageTask) -> np.ndarray:
    weights = task.weights[: len(task.candidates)]
    return weights / weights.sum()
