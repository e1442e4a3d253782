"""Fuse one image: its candidates' files in, its consensus' files out."""

from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..files.geometry import Geometry
from ..files.label_maps import write_label_map
from ..files.soft_labels import SoftLabels
from .entry import entry_of
from .fused import Fused, FusedPatterns, FusedVoxels, Sure, decide_voxels
from .job import Job, Method
from .outputs import write_agreement, write_probabilities
from .reading import BUFFER, read_each, read_soft, read_votes
from .record import Entry
from .rules.by_name import DECISIONS
from .rules.consensus import Consensus, decide
from .rules.expected_dice import decide_by_dice
from .rules.majority import majority
from .rules.weighted import vote_shares
from .shares import Shares
from .trust import best_of, compared, share_trust, trust_predictions
from .votes import TooManyPatternsError, Votes
from .voxelwise import majority_of_voxels


def compare_predictions(score_trust: float, ignored: int | None, job: Job) -> dict[str, tuple[float, float]]:
    """How far each prediction of one image, and its best candidate, agree with what the candidates vote.

    Returns:
        By the predictions' names, the Dice of each and of the best candidate (:func:`.trust.best_of`).

    Raises:
        InputError: as :func:`read_votes`.
    """
    votes, _ = read_votes(job.voters, ignored)
    table = votes.patterns, votes.counts, len(votes.labels)
    weights = share_trust(*table, job.weights, len(job.candidates), score_trust)
    dice, apart, within = compared(*table, weights, len(job.candidates))
    best = best_of(apart, within, len(job.candidates))
    return {prediction.name: (float(one), best) for prediction, one in zip(job.predictions, dice, strict=True)}


def fuse_image(method: Method, job: Job) -> Entry:
    """Fuse one image and write its files, the label map last.

    Returns:
        The image's entry in ``fusion.json``.

    Raises:
        InputError: a candidate cannot be used, or a file cannot be written.
    """
    by_voxel = _may_count_voxels(method, job)
    try:
        votes, geometry = read_votes(job.label_maps, method.ignore_label, however_many=not by_voxel)
    except TooManyPatternsError:
        return _fuse_voxel_by_voxel(method, job)
    standing = votes.patterns[:, len(job.voters) :]
    votes = replace(votes, patterns=votes.patterns[:, : len(job.voters)])
    table = votes.patterns, votes.counts, len(votes.labels)
    weights = share_trust(*table, job.weights, len(job.candidates), method.score_trust)
    if job.predictions:
        networks = np.array([method.network_trust[prediction.name] for prediction in job.predictions])
        weights = trust_predictions(*table, weights, len(job.candidates), networks)
    consensus = _decided(method, votes, method.rule(*table, weights))
    if job.corrected:
        consensus = _corrected(consensus, standing[:, 0], len(votes.labels))
        fused: Fused = FusedPatterns.of(votes, consensus)
    else:
        standing = votes.patterns[:, : len(job.candidates)]
        fused = _settled(method, job, votes, consensus, geometry)
    if method.ignore_below is not None and method.ignore_label is not None:
        fused = fused.doubtful(method.ignore_below, method.ignore_label)
    if method.ignore_label is not None:
        fused = fused.unheard((standing == len(votes.labels)).all(axis=1), method.ignore_label)
    _write(method, job, fused, votes.labels, geometry)
    shown = [votes.shown_by(place) for place in range(len(job.candidates))]
    return entry_of(method, job, votes, shown, consensus, fused, geometry)


def _may_count_voxels(method: Method, job: Job) -> bool:
    """Whether an image may be fused voxel by voxel: by the majority of those who give each voxel one label."""
    plain = method.rule is majority and method.decision in (None, DECISIONS[False]) and method.smoothing == 0
    return plain and method.channels is None and not (job.predictions or job.corrected or any(job.soft))


def _fuse_voxel_by_voxel(method: Method, job: Job) -> Entry:
    """Do what :func:`fuse_image` does, where there are too many patterns of votes."""
    geometries: list[Geometry] = []
    fused = majority_of_voxels(read_each(job.candidates, geometries, []), method.ignore_label)
    if method.ignore_label is not None:
        if method.ignore_below is not None:
            fused = fused.doubtful(method.ignore_below, method.ignore_label)
        fused = fused.unheard(method.ignore_label)
    _write(method, job, fused, np.zeros(1), geometries[0])
    equal = np.full(len(job.candidates), 1 / len(job.candidates))
    consensus = Consensus(np.zeros(0, int), np.zeros((0, 1)), equal)
    return entry_of(method, job, None, fused.shown, consensus, fused, geometries[0])


def _write(method: Method, job: Job, fused: Sure, labels: np.ndarray, geometry: Geometry) -> None:
    """Write the files of an image, the label map last."""
    *extra, path = method.files(job)
    try:
        if method.channels is not None and isinstance(fused, FusedPatterns | FusedVoxels):
            first = job.candidates[0].path
            write_probabilities(fused, labels, method.channels, geometry, candidate=first, path=extra[0])
        if method.agreement:
            write_agreement(fused, geometry, extra[-1])
        write_label_map(fused.label_map(), geometry, path, BUFFER)
    except InputError:
        for written in extra:  # without its label map, an image has no files at all
            written.unlink(missing_ok=True)
        raise


def _decided(method: Method, votes: Votes, consensus: Consensus) -> Consensus:
    """The rule's answer with the labels that the method decides for."""
    if method.decision is None:
        return consensus
    by_dice = method.decision == "dice"
    shares, patterns = consensus.probabilities, votes.patterns
    if by_dice:
        labels = decide_by_dice(shares, patterns, votes.counts, consensus.weights)
    else:
        labels = decide(shares, patterns, consensus.weights)
    return replace(consensus, labels=labels, by_dice=by_dice)


def _settled(method: Method, job: Job, votes: Votes, consensus: Consensus, geometry: Geometry) -> Fused:
    """Labels of all voxels: those of their patterns, unless soft labels vote or shares are smoothed."""
    spacing = geometry.spacing[::-1]
    width = min(spacing) / 2 if method.smoothing is None else method.smoothing
    if not width and not any(job.soft):
        return FusedPatterns.of(votes, consensus)
    z, y, x = (0.0,) * (3 - len(spacing)) + tuple(width / side for side in spacing)
    shares, soft = consensus.probabilities, list[tuple[float, SoftLabels]]()
    if consensus.weights is not None and any(job.soft):
        found = zip(consensus.weights, job.soft, strict=True)
        soft = [(float(weight), read_soft(path, votes.shape)) for weight, path in found if path is not None]
        hard = np.where([path is None for path in job.soft], consensus.weights, 0)
        total = hard.sum()
        shares = total * vote_shares(votes.patterns, len(votes.labels), hard / total) if total else 0 * shares
    return decide_voxels(Shares(votes, shares, soft, (z, y, x)), consensus)


def _corrected(consensus: Consensus, corrected: np.ndarray, n_labels: int) -> Consensus:
    """The consensus of a rule with the labels of a corrected label map, shape (P,); ``n_labels`` where it has none."""
    labels = np.where(corrected == n_labels, 0, corrected)
    return replace(consensus, labels=labels, probabilities=np.eye(n_labels)[labels])
