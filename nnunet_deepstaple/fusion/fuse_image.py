"""Fuse one image: its voters' files in, its consensus' files out."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..files.buffer import BUFFER
from ..files.geometry import Geometry
from ..files.label_maps import write_label_map
from ..files.soft_labels import SoftLabels
from .decision.argmax import decide
from .decision.calibration import SMOOTHED, calibrate_patterns, calibrate_voxels, exponent_of, overlap_of
from .decision.consensus import Consensus
from .decision.expected_dice import decide_by_dice
from .decision.image_shares import ImageShares
from .decision.label_maps import DecidedLabels, LabelCertainty, PatternLabels, VoxelLabels, decide_voxels
from .decision.voxelwise import majority_of_voxels
from .image_record import ImageResult, digits, record_of
from .planning.task import ImageTask, Method
from .planning.voting import weights_of
from .record.outputs import write_probabilities, write_vote_share
from .record.run_record import Calibration, ImageRecord
from .rules.by_name import DECISIONS
from .rules.weighted import majority
from .votes.atlas_images import AtlasImages
from .votes.collect import TooManyPatternsError
from .votes.local_shares import LocalShares
from .votes.reading import read_each, read_soft, read_votes
from .votes.shares import Shares, vote_shares
from .votes.votes import VoteMap
from .weights.joint import joint_votes_by_images
from .weights.weights import Weights


def fuse_image(method: Method, task: ImageTask) -> ImageRecord:
    """Fuse one image and write its files, the label map last.

    Returns:
        The image's record in ``fusion.json``.

    Raises:
        InputError: a candidate cannot be used, or a file cannot be written.
    """
    by_voxel = _may_count_voxels(method, task)
    try:
        everything, geometry = read_votes(
            task.label_maps,
            task.silent(method.ignore_label),
            however_many=not by_voxel,
            meanings=task.meanings_of(task.label_maps),
            grid=task.grid,
        )
    except TooManyPatternsError:
        return _fuse_voxel_by_voxel(method, task)
    vote = _Vote(method, task, everything.of_voters(slice(len(task.voters))), geometry)
    consensus, local = vote.consensus(), None
    if task.images is not None and not task.corrected:
        consensus, local = vote.by_images(consensus, task.images)
    fused: DecidedLabels
    calibration = None
    if task.corrected:
        speaking = everything.of_voters(slice(len(task.voters), None))
        consensus = _corrected(consensus, speaking)
        fused = PatternLabels.of(vote.votes, consensus)
    else:
        speaking = vote.votes.of_voters(slice(len(task.candidates)))
        fused = vote.settled(consensus, local)
        if method.calibrated and consensus.weights is not None:
            calibration = vote.calibration(consensus)
            fused = vote.calibrated(fused, consensus, local, calibration.exponent)
    if method.ignore_label is not None:
        if method.ignore_below is not None:
            fused = fused.ignore_below(method.ignore_below, method.ignore_label)
        fused = fused.where_nobody_votes(~speaking.heard, method.ignore_label)
    _write(method, task, fused, vote.votes.labels, geometry)
    shown = [vote.votes.shown_by(place) for place in range(len(task.candidates))]
    return record_of(method, task, ImageResult(vote.votes, shown, consensus, fused, geometry, calibration))


def _may_count_voxels(method: Method, task: ImageTask) -> bool:
    """Whether an image may be fused voxel by voxel: the rule is majority, and each voter gives a voxel one label."""
    plain = method.rule is majority and method.decision in (None, DECISIONS[False]) and method.smoothing == 0
    return (
        plain and method.channels is None and not (task.predictions or task.corrected or any(task.soft) or task.unlike)
    )


def _fuse_voxel_by_voxel(method: Method, task: ImageTask) -> ImageRecord:
    """Do what :func:`fuse_image` does, where there are too many patterns of votes."""
    geometries: list[Geometry] = []
    fused = majority_of_voxels(read_each(task.candidates, geometries, []), method.ignore_label)
    if method.ignore_label is not None:
        if method.ignore_below is not None:
            fused = fused.ignore_below(method.ignore_below, method.ignore_label)
        fused = fused.where_nobody_votes(method.ignore_label)
    _write(method, task, fused, np.zeros(1), geometries[0])
    equal = Weights.equal(len(task.candidates)).of_voters
    consensus = Consensus(np.zeros(0, int), Shares.single(np.zeros(0, int), 1), equal)
    return record_of(method, task, ImageResult(None, fused.shown, consensus, fused, geometries[0]))


def _write(method: Method, task: ImageTask, fused: LabelCertainty, labels: np.ndarray, geometry: Geometry) -> None:
    """Write the files of an image, the label map last; refuse if an input file changed after the check."""
    task.require_unchanged()
    *extra, path = method.files(task)
    try:
        if method.channels is not None and isinstance(fused, PatternLabels | VoxelLabels):
            first = task.candidates[0].path
            write_probabilities(fused, labels, method.channels, geometry, candidate=first, path=extra[0])
        if method.vote_share:
            write_vote_share(fused, geometry, extra[-1])
        write_label_map(fused.label_map(), geometry, path, BUFFER)
    except InputError:
        for written in extra:  # without its label map, an image has no files at all
            written.unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class _Vote:
    """The vote on one image.

    Attributes:
        method: how images are fused.
        task: the image.
        votes: of its voters.
        geometry: of its grid.
    """

    method: Method
    task: ImageTask
    votes: VoteMap
    geometry: Geometry

    def consensus(self) -> Consensus:
        """The rule's answer, with its labels decided as the method says."""
        consensus = self.method.rule(self.votes, weights_of(self.method, self.task, self.votes))
        if self.method.decision is None:
            return consensus
        by_dice = self.method.decision == DECISIONS[True]
        choose = decide_by_dice if by_dice else decide
        labels = choose(consensus.shares, self.votes, consensus.weights)
        return replace(consensus, labels=labels, by_dice=by_dice)

    def by_images(self, consensus: Consensus, images: AtlasImages) -> tuple[Consensus, LocalShares | None]:
        """Let atlases vote by their images in the voxels where voters differ.

        This gives the mean weights of all voters, and the shares in these voxels. Voters by soft labels keep their
        weight; these shares do not include them.
        """
        options, weights, votes = self.method.joint, consensus.weights, self.votes
        if options is None or weights is None:
            return consensus, None
        by_maps = np.array([path is None for path in self.task.soft] or [True] * votes.n_voters)
        atlases = [place for place in images.atlases if by_maps[place]]
        hard = np.where(by_maps, weights, 0)
        if not atlases or not hard.sum():
            return consensus, None
        channels = images.read(self.task.candidates[0].path)
        spacing = self.geometry.spacing[::-1]
        joint = joint_votes_by_images(votes, hard / hard.sum(), atlases, channels, spacing, options)
        if self.method.decision is None:  # images settle what overlap leaves open
            consensus = replace(consensus, labels=decide(consensus.shares, votes, weights), by_dice=False)
        if joint.weights.size:
            mean = weights.copy()
            mean[atlases] = weights[atlases].sum() * joint.weights.mean(axis=1)
            consensus = replace(consensus, weights=mean, by_labels=weights)
        return consensus, joint.shares

    def settled(self, consensus: Consensus, local: LocalShares | None) -> DecidedLabels:
        """Labels of all voxels: by their patterns, unless shares differ from voxel to voxel or are smoothed."""
        shares = self._image_shares(consensus, local)
        return PatternLabels.of(self.votes, consensus) if shares is None else decide_voxels(shares, consensus)

    def calibration(self, consensus: Consensus) -> Calibration:
        """How the image's shares become probabilities."""
        overlap, of_images = overlap_of(self.votes, consensus), self.method.overlap
        exponent = exponent_of(overlap, 1.0 if self.method.smoothing == 0 else SMOOTHED, of_images)
        return Calibration(*digits(np.array([overlap, of_images, exponent])))

    def calibrated(
        self, fused: DecidedLabels, consensus: Consensus, local: LocalShares | None, exponent: float
    ) -> DecidedLabels:
        """The same labels, with the calibrated shares of all voters, also of those that the rule rejected."""
        if consensus.of_all is not None and local is None:
            shares = vote_shares(self.votes, consensus.of_all)
            consensus = replace(consensus, weights=consensus.of_all, shares=shares)
        of_voxels = self._image_shares(consensus, local)
        if isinstance(fused, VoxelLabels) and of_voxels is not None:
            return calibrate_voxels(fused, of_voxels, exponent)
        if isinstance(fused, PatternLabels):
            return calibrate_patterns(fused, consensus.shares, exponent)
        return fused

    def _image_shares(self, consensus: Consensus, local: LocalShares | None) -> ImageShares | None:
        """Shares of all voxels; None where each voxel has the shares of its pattern."""
        spacing, files = self.geometry.spacing[::-1], self.task.soft
        width = min(spacing) / 2 if self.method.smoothing is None else self.method.smoothing
        if not width and not any(files) and local is None:
            return None
        z, y, x = (0.0,) * (3 - len(spacing)) + tuple(width / side for side in spacing)
        shares, soft = consensus.shares, list[tuple[float, SoftLabels]]()
        if consensus.weights is not None and any(files):
            found = zip(consensus.weights, files, strict=True)
            soft = [(float(weight), read_soft(path, self.votes.shape)) for weight, path in found if path is not None]
            hard = np.where([path is None for path in files], consensus.weights, 0)
            total = hard.sum()
            local = local.scaled(total) if local is not None else None
            shares = vote_shares(self.votes, hard / total).times(total) if total else shares.times(0)
        return ImageShares(self.votes, shares, soft, (z, y, x), local)


def _corrected(consensus: Consensus, corrected: VoteMap) -> Consensus:
    """The consensus of a rule, with the labels of a corrected label map, which is the only voter of ``corrected``."""
    own = corrected.patterns[:, 0]
    labels = np.where(own == corrected.n_labels, 0, own)
    return replace(consensus, labels=labels, shares=Shares.single(labels, corrected.n_labels))
