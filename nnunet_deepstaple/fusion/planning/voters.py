"""Who votes on each image: its candidates, what they mean, and what goes with them."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...datasets.candidate_looks import CandidatesLook
from ...datasets.candidates import Candidates, find_candidates
from ...datasets.consensus_dataset import ignore_label_beside
from ...datasets.duplicate_candidates import duplicate_candidates
from ...datasets.settings import datasets_beside
from ...datasets.sources.gather import Sources
from ...datasets.unlike import ask_about, sources_of
from ...errors import InputError
from ...files.atomic import require_writable
from ...files.endings import require_writable_ending
from ...files.geometry import Geometry
from ...progress import Progress
from ..votes.atlas_images import AtlasImages
from .atlas_images import find_atlas_images
from .choice import Choice, choose_rule
from .grids import grids_of
from .predictions import soft_files
from .ratings import Judgement, apply_ratings
from .remarks import about_the_ignored
from .request import Request
from .task import ImageTask


@dataclass(frozen=True)
class Voters:
    """Who votes on each image, and by what rule.

    Attributes:
        layout: how the candidates are named.
        sources: what they mean; None where the same values mean the same in all sources.
        ignored: label by which a candidate abstains; None for none.
        judgement: what a person decided about them.
        looks: what was found in some of their files.
        choice: the rule, the predictions, and the weights of all voters.
        grids: the grid to which the candidates of an image are resampled, where they lie on several grids.
        images: files of the images that have warped atlases.
        notes: what was decided for the user and found in the input, one sentence each.
    """

    layout: str
    sources: Sources | None
    ignored: int | None
    judgement: Judgement
    looks: Mapping[str, CandidatesLook]
    choice: Choice
    grids: Mapping[str, Geometry]
    images: Mapping[str, AtlasImages]
    notes: Sequence[str]

    @property
    def candidates(self) -> Candidates:
        """The candidates of each image that may vote."""
        return self.judgement.voting

    def tasks(self, request: Request) -> dict[str, ImageTask]:
        """What is to be fused for each image, with the current states of its files."""
        return {image: self._task(image, request).as_it_is() for image in self.candidates}

    def _task(self, image: str, request: Request) -> ImageTask:
        candidates, predictions = self.candidates[image], self.choice.predictions.of_image[image]
        return ImageTask(
            candidates,
            self.choice.weights[image],
            predictions,
            soft=[] if self.choice.own else soft_files(candidates, predictions, request.soft_candidates),
            images=self.images.get(image),
            corrected=self.judgement.corrected.get(image),
            ratings=self.judgement.ratings.of_image(image),
            meanings=[self.sources.meaning(candidate) for candidate in candidates] if self.sources else (),
            grid=self.grids.get(image),
            annotated=self.sources.annotated_by(candidates) if self.sources else None,
        )


def find_voters(request: Request, progress: Progress) -> Voters:
    """Find who votes on each image.

    Raises:
        InputError: something is wrong with the options or the input.
        RunError: a process died.
    """
    notes: list[str] = []
    listed, layout = find_candidates(request.folders, request.layout, notes.append, request.allow_doubtful)
    _check_output(request.output, request.folders, listed)
    listed, sources, looks = sources_of(listed, layout, request.of_sources, notes.append, progress)
    _check_sources(request, sources)
    ignored = None if sources else ignore_label_beside(request.folders, listed)
    judgement = apply_ratings(listed, request.ratings, request.corrected)
    candidates = judgement.voting
    beside = datasets_beside(request.folders, [one for found in candidates.values() for one in found])
    looks |= ask_about(candidates, sources, request.of_sources, beside, notes.append)
    choice = choose_rule(request, candidates, sources)
    grids = grids_of(candidates, notes) if request.resample else {}
    images, about_images = _atlas_images(request, candidates)
    notes += [
        *about_the_ignored(ignored),
        *duplicate_candidates(candidates, looks),
        *judgement.notes,
        *choice.notes,
        *about_images,
    ]
    return Voters(layout, sources, ignored, judgement, looks, choice, grids, images, notes)


def _atlas_images(request: Request, candidates: Candidates) -> tuple[dict[str, AtlasImages], list[str]]:
    if request.atlas_images is None:
        return {}, []
    return find_atlas_images(request.folders, candidates, request.images, request.atlas_images)


def _check_sources(request: Request, sources: Sources | None) -> None:
    if sources and request.soft_candidates:
        raise InputError("--soft_candidates cannot vote for sources that mean different things; leave it out")
    if request.labels and not sources:
        raise InputError(
            f"-labels {request.labels} names the numbers of -sources or of -layout structures; give one of them, or "
            f"leave it out"
        )


def _check_output(output: Path, folders: Sequence[Path], candidates: Candidates) -> None:
    for folder in folders:
        if Path(os.path.realpath(output)).is_relative_to(os.path.realpath(folder)):  # does not fail on circular links
            raise InputError(
                f"-o {output} lies in -i {folder}, where its label maps would be taken for candidates; choose another"
            )
    if output.exists() and not output.is_dir():
        raise InputError(f"-o {output} is a file; choose a folder")
    require_writable(output)
    for proposed in candidates.values():
        require_writable_ending(proposed[0].path)
