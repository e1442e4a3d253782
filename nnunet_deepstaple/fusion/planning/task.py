"""The parts of a plan, as plain values: one image with its voters, and the method that fuses all images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidate
from ...errors import InputError
from ...files.endings import ending_of
from ...files.fingerprint import FileState, file_state
from ...files.geometry import Geometry
from ...files.grids import OUTSIDE
from ...files.provenance import FileRecord
from ..record.outputs import VOTE_SHARE
from ..record.run_record import ImageRatings
from ..rules.rule import Rule
from ..votes.atlas_images import AtlasImages
from ..votes.meanings import Meaning
from ..weights.joint import JointOptions


@dataclass(frozen=True)
class ImageTask:
    """One image to fuse.

    Attributes:
        candidates: its K candidates.
        weights: of the candidates, then of the predictions, shape (K + P,), summing to one.
        predictions: the network's P predictions of the image, if they vote too; they keep the part of their weight that
            the candidates' vote confirms.
        soft: file of each voter's soft labels, or of nnU-Net's probabilities, None for voters that vote by their label
            map; empty where all do.
        images: of the target and of candidates that are warped atlases; None where there are none.
        corrected: a label map that is used unchanged instead of the consensus; None for none.
        ratings: what a person said of the image; None for nothing.
        meanings: labels that each candidate's values stand for; empty where they are the same for all candidates.
        grid: the grid to which the candidates are resampled; None where they all lie on one grid.
        annotated: names of the labels that some candidate annotates; None for all.
        states: size and time of change of each file that is read, when the fusion was planned; empty where this is not
            checked.
    """

    candidates: Sequence[Candidate]
    weights: np.ndarray
    predictions: Sequence[Candidate] = ()
    soft: Sequence[Path | None] = ()
    images: AtlasImages | None = None
    corrected: Candidate | None = None
    ratings: ImageRatings | None = None
    meanings: Sequence[Meaning] = ()
    grid: Geometry | None = None
    annotated: Sequence[str] | None = None
    states: Mapping[Path, FileState] = field(default_factory=dict)

    @property
    def unlike(self) -> bool:
        """Whether the same values differ in meaning between candidates, or candidates lie on several grids."""
        return bool(self.meanings) or self.grid is not None

    @property
    def partial(self) -> bool:
        """Whether a candidate does not annotate all labels."""
        return any(len(labels) > 1 for meaning in self.meanings for labels in meaning.values())

    def meanings_of(self, label_maps: Sequence[Candidate]) -> list[Meaning | None] | None:
        """Labels that the values of candidates, and of voters after them, stand for; None where values are labels."""
        if not self.meanings:
            return None
        return [*self.meanings, *[None] * (len(label_maps) - len(self.meanings))]

    def silent(self, ignored: int | None) -> int | list[int] | None:
        """Values by which a label map says nothing: nnU-Net's ignore label, and that of voxels outside its grid."""
        return ignored if not self.unlike else [OUTSIDE, *([] if ignored is None else [ignored])]

    @property
    def voters(self) -> list[Candidate]:
        """All whose votes count."""
        return [*self.candidates, *self.predictions]

    @property
    def label_maps(self) -> list[Candidate]:
        """All that is read."""
        return [*self.voters, *([self.corrected] if self.corrected else [])]

    @property
    def without_image(self) -> list[str]:
        """Names of candidates that are not warped atlases, where other candidates are."""
        if self.images is None:
            return []
        found = zip(self.candidates, self.images.warped, strict=True)
        return [candidate.name for candidate, channels in found if not channels]

    @property
    def named_files(self) -> dict[str, Path]:
        """Each file that has a part in the decision, by a name.

        A label map has the name of its voter, and soft labels add ``(soft)``. A file of a single structure is
        ``<candidate> (<file>)``. Images of warped atlases are ``<candidate> (image 0)``, …, and images of the target
        are ``(image 0)``, ….
        """
        found = {one.name: one.path for one in self.voters}
        found |= {f"{one.name} ({part.path.name})": part.path for one in self.voters for part in one.structures}
        found |= {f"{one.name} (soft)": path for one, path in zip(self.voters, self.soft, strict=False) if path}
        if self.images:
            names = ["", *(f"{candidate.name} " for candidate in self.candidates)]
            for name, channels in zip(names, [self.images.target, *self.images.warped], strict=True):
                found |= {f"{name}(image {number})": path for number, path in enumerate(channels)}
        return found

    @property
    def files(self) -> list[Path]:
        """All files that are read."""
        return [*self.named_files.values(), *([self.corrected.path] if self.corrected else [])]

    def as_it_is(self) -> "ImageTask":
        """The same task, with the current states of its files."""
        return replace(self, states={path: file_state(path) for path in self.files})

    def require_unchanged(self) -> None:
        """Make sure that no file changed after the fusion was planned and the file was checked.

        Raises:
            InputError: a file changed.
        """
        for path, state in self.states.items():
            if file_state(path) != state:
                raise InputError(f"{path} changed after it was checked; run again when nothing writes to it")

    @property
    def correction(self) -> FileRecord | None:
        """Which file is the corrected label map; None for none."""
        return FileRecord.of(self.corrected.path) if self.corrected else None

    @property
    def image(self) -> str:
        return self.candidates[0].image

    @property
    def file(self) -> str:
        """Name of the consensus: the image with the file ending of its first candidate."""
        return self.image + ending_of(self.candidates[0].path)


@dataclass(frozen=True)
class Method:
    """How images are fused and what is written of each image.

    Attributes:
        rule: the fusion rule; picklable where several processes are used.
        folder: where the results go; it exists.
        score_trust: 1 if weights follow the scores. 0 if they follow each candidate's overlap with the vote of the
            others, weighted by their scores (:func:`~..weights.scores_and_overlap.share_trust`). Or a value between.
        network_trust: part of their weight that the predictions of each network may keep, by the predictions' name.
        decision: one of :data:`~..rules.by_name.DECISIONS`; None leaves it to the rule.
        smoothing: standard deviation of the Gaussian that smooths shares before they decide, in mm; None for half of
            the finest side of a voxel.
        ignore_below: voxels whose winning label has a lower probability get ``ignore_label``; None for none.
        ignore_label: nnU-Net's ignore label, by which a candidate abstains; None where there is none.
        joint: how warped images weigh their atlases in each voxel; None where no images are looked at.
        channels: write the probabilities of the labels 0 … channels − 1; None for none.
        vote_share: write the winning label's probability as an image.
        calibrated: show how sure labels are by calibrated shares (:mod:`~..decision.calibration`).
        overlap: mean overlap of the voters of all images, by which shares are calibrated too; NaN where only that of
            the image counts.
    """

    rule: Rule
    folder: Path
    score_trust: float = 1.0
    network_trust: Mapping[str, float] = field(default_factory=dict)
    decision: str | None = None
    smoothing: float | None = 0.0
    ignore_below: float | None = None
    ignore_label: int | None = None
    joint: JointOptions | None = None
    channels: int | None = None
    vote_share: bool = False
    calibrated: bool = False
    overlap: float = np.nan

    def files(self, task: ImageTask) -> list[Path]:
        """Files that are written for an image, the label map last."""
        paths = []
        if self.channels is not None:
            paths += [self.folder / f"{task.image}.npz", self.folder / f"{task.image}.pkl"]
        if self.vote_share:
            paths.append(self.folder / VOTE_SHARE / f"{task.image}.nii.gz")
        return [*paths, self.folder / task.file]
