"""Fuse one image: its candidates' files in, its consensus' files out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np

from ..datasets.candidates import Candidate
from ..datasets.label_sets import is_graded, unlike_others
from ..errors import InputError
from ..files.geometry import Geometry
from ..files.image_files import ending_of
from ..files.label_maps import read_label_map, write_label_map
from ..files.nifti import Buffer
from ..files.provenance import file_with_hash
from ..files.soft_labels import ENDING, SoftLabels, check_fit, read_probabilities, read_soft_labels
from .boxes import as_3d, foreground_box
from .fused import Fused, FusedPatterns, FusedVoxels, Sure, decide_voxels
from .outputs import AGREEMENT, write_agreement, write_probabilities
from .record import Entry
from .rules.by_name import DECISIONS
from .rules.consensus import Consensus, Rule, decide
from .rules.expected_dice import decide_by_dice
from .rules.majority import majority
from .rules.weighted import vote_shares
from .shares import Shares
from .trust import compared, share_trust, trust_predictions
from .votes import TooManyPatternsError, Votes, collect_votes, present_labels
from .voxelwise import majority_of_voxels
from .weights import effective_number


@dataclass(frozen=True)
class Job:
    """One image to fuse.

    Attributes:
        candidates: its K candidates.
        weights: of the candidates, then of the predictions, shape (K + P,), summing to one.
        predictions: the network's P predictions of it, if they vote too, with as much of their weight as the
            candidates' vote confirms.
        soft: file of each voter's soft labels, or of nnU-Net's probabilities, None for those who vote by their label
            map; empty where all do.
        corrected: a label map that stands as it is instead of the consensus; None for none.
        ratings: what a person said of the image, as ``fusion.json`` has it.
    """

    candidates: Sequence[Candidate]
    weights: np.ndarray
    predictions: Sequence[Candidate] = ()
    soft: Sequence[Path | None] = ()
    corrected: Candidate | None = None
    ratings: Entry = field(default_factory=dict)

    @property
    def voters(self) -> list[Candidate]:
        """Whose votes count."""
        return [*self.candidates, *self.predictions]

    @property
    def label_maps(self) -> list[Candidate]:
        """All that is read."""
        return [*self.voters, *([self.corrected] if self.corrected else [])]

    @property
    def correction(self) -> dict[str, str] | None:
        """Which file is the corrected label map; None for none."""
        return file_with_hash(self.corrected.path) if self.corrected else None

    @property
    def image(self) -> str:
        return self.candidates[0].image

    @property
    def file(self) -> str:
        """Name of the consensus: the image with the file ending of its first candidate."""
        return self.image + ending_of(self.candidates[0].path)


@dataclass(frozen=True)
class Method:
    """How images are fused and what is written of each.

    Attributes:
        rule: the fusion rule; picklable where several processes are used.
        folder: where the results go; it exists.
        score_trust: how far weights follow the scores, 1, or the candidates' overlap with each other, 0
            (:mod:`.trust`).
        network_trust: part of their weight that the predictions of each network may keep, by the predictions' name.
        decision: one of :data:`.rules.by_name.DECISIONS`; None leaves it to the rule.
        smoothing: standard deviation of the Gaussian that smooths shares before they decide, in mm; None for half of
            the finest side of a voxel.
        ignore_below: voxels whose winning label has a lower probability get ``ignore_label``; None for none.
        ignore_label: nnU-Net's ignore label, by which a candidate abstains; None where there is none.
        channels: write the probabilities of the labels 0 … channels − 1; None for none.
        agreement: write the winning label's probability as an image.
    """

    rule: Rule
    folder: Path
    score_trust: float = 1.0
    network_trust: Mapping[str, float] = field(default_factory=dict)
    decision: str | None = None
    smoothing: float | None = 0.0
    ignore_below: float | None = None
    ignore_label: int | None = None
    channels: int | None = None
    agreement: bool = False

    def files(self, job: Job) -> list[Path]:
        """Files that an image leaves, the label map last."""
        paths = []
        if self.channels is not None:
            paths += [self.folder / f"{job.image}.npz", self.folder / f"{job.image}.pkl"]
        if self.agreement:
            paths.append(self.folder / AGREEMENT / f"{job.image}.nii.gz")
        return [*paths, self.folder / job.file]


def read_votes(
    candidates: Sequence[Candidate], ignored: int | None = None, *, however_many: bool = True
) -> tuple[Votes, Geometry]:
    """Read one image's candidates, one after the other, and collapse their votes; ``ignored`` is none.

    Raises:
        InputError: a file cannot be read, holds no labels, or differs in geometry from the first.
        TooManyPatternsError: as :func:`.votes.collect_votes`.
    """
    geometries: list[Geometry] = []
    votes = collect_votes(_read(candidates, geometries, []), ignored, however_many=however_many)
    return votes, geometries[0]


@dataclass(frozen=True)
class Checked:
    """What was found in one image's candidates.

    Attributes:
        labels: values that each holds.
        graded: whether the values of each change from voxel to voxel, as those of an image do.
        voxels: of the image.
        notes: what a user should know, one sentence each.
    """

    labels: list[set[int]]
    graded: list[bool]
    voxels: int
    notes: list[str]


def check_image(job: Job) -> Checked:
    """Read what votes on one image, check its voxels and geometry, and tell what the label maps hold.

    Raises:
        InputError: as :func:`read_votes`; or soft labels cannot be read.
    """
    values: list[set[int]] = []
    graded: list[bool] = []
    notes: list[str] = []
    voxels = 0
    for labels, soft in zip_longest(_read(job.label_maps, [], notes), job.soft):
        volume = labels.reshape(as_3d(labels.shape))
        inside = volume[foreground_box(volume)]
        values.append(set(present_labels(inside).tolist()))
        graded.append(is_graded(inside, len(values[-1])))
        voxels = labels.size
        if soft is not None:
            check_fit(_read_soft(soft, labels.shape), labels, soft)
    return Checked(values, graded, voxels, notes)


def compare_predictions(score_trust: float, ignored: int | None, job: Job) -> dict[str, tuple[float, float]]:
    """How far each prediction of one image, and its best candidate, agree with what the candidates vote.

    Returns:
        By the predictions' names, :func:`.trust.compared`.

    Raises:
        InputError: as :func:`read_votes`.
    """
    votes, _ = read_votes(job.voters, ignored)
    table = votes.patterns, votes.counts, len(votes.labels)
    weights = share_trust(*table, job.weights, len(job.candidates), score_trust)
    dice, best = compared(*table, weights, len(job.candidates))
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
    return _entry(method, job, votes, shown, consensus, fused, geometry)


def _may_count_voxels(method: Method, job: Job) -> bool:
    """Whether an image may be fused voxel by voxel: by the majority of those who give each voxel one label."""
    plain = method.rule is majority and method.decision in (None, DECISIONS[False]) and method.smoothing == 0
    return plain and method.channels is None and not (job.predictions or job.corrected or any(job.soft))


def _fuse_voxel_by_voxel(method: Method, job: Job) -> Entry:
    """Do what :func:`fuse_image` does, where there are too many patterns of votes."""
    geometries: list[Geometry] = []
    fused = majority_of_voxels(_read(job.candidates, geometries, []), method.ignore_label)
    if method.ignore_label is not None:
        if method.ignore_below is not None:
            fused = fused.doubtful(method.ignore_below, method.ignore_label)
        fused = fused.unheard(method.ignore_label)
    _write(method, job, fused, np.zeros(1), geometries[0])
    equal = np.full(len(job.candidates), 1 / len(job.candidates))
    consensus = Consensus(np.zeros(0, int), np.zeros((0, 1)), equal)
    return _entry(method, job, None, fused.shown, consensus, fused, geometries[0])


def _write(method: Method, job: Job, fused: Sure, labels: np.ndarray, geometry: Geometry) -> None:
    """Write the files of an image, the label map last."""
    *extra, path = method.files(job)
    try:
        if method.channels is not None and isinstance(fused, FusedPatterns | FusedVoxels):
            first = job.candidates[0].path
            write_probabilities(fused, labels, method.channels, geometry, candidate=first, path=extra[0])
        if method.agreement:
            write_agreement(fused, geometry, extra[-1])
        write_label_map(fused.label_map(), geometry, path, _BUFFER)
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
        soft = [(float(weight), _read_soft(path, votes.shape)) for weight, path in found if path is not None]
        hard = np.where([path is None for path in job.soft], consensus.weights, 0)
        total = hard.sum()
        shares = total * vote_shares(votes.patterns, len(votes.labels), hard / total) if total else 0 * shares
    return decide_voxels(Shares(votes, shares, soft, (z, y, x)), consensus)


def _read_soft(path: Path, shape: tuple[int, ...]) -> SoftLabels:
    """Soft labels beside a label map, the trainer's or nnU-Net's."""
    return (read_soft_labels if path.name.endswith(ENDING) else read_probabilities)(path, shape)


_BUFFER = Buffer()  # kept from image to image: fresh memory costs as much as reading a file


def _read(candidates: Sequence[Candidate], geometries: list[Geometry], notes: list[str]) -> Iterator[np.ndarray]:
    """Labels of each candidate, valid until the next; their geometries and what is odd are appended to the lists."""
    for candidate in candidates:
        labels, geometry = read_label_map(candidate.path, _BUFFER, notes.append)
        geometries.append(geometry)
        difference = geometries[0].difference(geometry)
        if difference is not None:
            raise InputError(
                f"{candidate.path} has {difference} in {candidates[0].path}; "
                f"resample the candidates of an image to one grid"
            )
        yield labels


def _corrected(consensus: Consensus, corrected: np.ndarray, n_labels: int) -> Consensus:
    """The consensus of a rule with the labels of a corrected label map, shape (P,); ``n_labels`` where it has none."""
    labels = np.where(corrected == n_labels, 0, corrected)
    return replace(consensus, labels=labels, probabilities=np.eye(n_labels)[labels])


def _entry(
    method: Method,
    job: Job,
    votes: Votes | None,
    shown: Sequence[set[int]],
    consensus: Consensus,
    fused: Sure,
    geometry: Geometry,
) -> Entry:
    """What ``fusion.json`` says of an image; each candidate has ``shown`` some foreground values."""
    voxels = fused.voxels
    warnings = list(consensus.warnings)
    if votes is not None and len(votes.labels) == 1:
        warnings.append("every candidate is empty, and so is the consensus")
    if votes is not None:
        warnings += _missed_by_predictions(job, votes)
    warnings += unlike_others({one.name: found for one, found in zip(job.candidates, shown, strict=True)})
    if not consensus.convergence.get("converged", True):
        warnings.append(f"the rule did not converge in {consensus.convergence['iterations']} iterations")
    weights = consensus.weights
    entry: Entry = {
        "candidates": [candidate.name for candidate in job.candidates],
        "weights": None if weights is None else _json(weights[: len(job.candidates)]),
        "effective_candidates": None if weights is None else _json(effective_number(weights)),
        "quality": {name: _json(values) for name, values in consensus.quality.items()},
        "convergence": dict(consensus.convergence),
        "patterns": None if votes is None else len(votes.patterns),
        "decision": DECISIONS[consensus.by_dice],
        "voxels": {str(label): count for label, count in voxels.items()},
        "volume": {str(label): _json(count * geometry.voxel_volume) for label, count in voxels.items() if label},
        "warnings": warnings,
    }
    if weights is not None and job.predictions:
        names = [prediction.name for prediction in job.predictions]
        entry["network_trust"] = {name: _json(method.network_trust[name]) for name in names}
        entry["predictions"] = dict(zip(names, map(_json, weights[len(job.candidates) :]), strict=True))
    if job.corrected:
        entry["corrected"] = job.correction
    if job.ratings:
        entry["ratings"] = job.ratings
    if any(job.soft):
        entry["soft"] = [voter.name for voter, path in zip(job.voters, job.soft, strict=True) if path]
    return entry


def _missed_by_predictions(job: Job, votes: Votes) -> list[str]:
    """A sentence for each prediction that lacks labels which every candidate shows: its network has hardly learned."""
    if not job.predictions:
        return []
    shown = [set(np.unique(column).tolist()) for column in votes.patterns.T]
    common = set.intersection(*shown[: len(job.candidates)]) - {0, len(votes.labels)}
    lacking = [common - of_prediction for of_prediction in shown[len(job.candidates) :]]
    return [
        f"{prediction.path} lacks label {', '.join(str(votes.labels[label]) for label in sorted(missed))}, "
        f"which every candidate shows; has the network learned it?"
        for prediction, missed in zip(job.predictions, lacking, strict=True)
        if missed
    ]


def _json(value: np.ndarray | float) -> object:
    """Nine digits, which float noise does not reach; None for NaN."""
    if isinstance(value, np.ndarray):
        return [_json(one) for one in value]
    return None if np.isnan(value) else float(f"{value:.9g}")
