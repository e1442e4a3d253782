"""The plan of a fusion: who votes, with what weight, by which rule, and what is written.

Everything is decided here, and all input is read and checked. Running a plan (:mod:`~..folder`) decides nothing more.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from msgspec import structs

from ...datasets.candidates import Candidates, find_candidates
from ...datasets.consensus_dataset import NewDataset, dataset_json_beside, ignore_label_beside, plan_dataset
from ...datasets.duplicate_candidates import duplicate_candidates
from ...datasets.label_names import LabelNames
from ...datasets.settings import datasets_beside
from ...datasets.sources.gather import Sources
from ...datasets.unlike import SourceRequest, ask_about, sources_of
from ...errors import InputError
from ...files.atomic import require_writable
from ...files.endings import require_writable_ending
from ...processes import each
from ...progress import Progress, no_progress
from ..record.journal import Journal
from ..record.outputs import files_for_ensembling, room_for_probabilities
from ..record.run_record import FILE, ImageRecord, RunRecord, new_record
from ..votes.atlas_images import AtlasImages
from .atlas_images import find_atlas_images
from .checks import check_image, compare_predictions
from .choice import calibrated_for, choose_rule, smoothing_of
from .earlier import kept_of
from .grids import grids_of
from .header import header_of, inputs_of
from .judging import about_networks, joint_options, overlap_of_images, trust_in_networks
from .output_labels import channel_count, names_of_fusion
from .predictions import soft_files
from .ratings import apply_ratings
from .remarks import about_certainty, about_folders, about_ignoring, about_kept, about_the_ignored, label_sets_of
from .request import Request
from .task import ImageTask, Method


@dataclass(frozen=True)
class ConsensusDataset:
    """The raw dataset that ends a fusion, and the names of its labels."""

    new: NewDataset
    names: LabelNames


@dataclass(frozen=True)
class Plan:
    """All that a fusion will do.

    Attributes:
        method: the rule, and what is written of each image.
        tasks: the images to fuse: who votes on each, and with what weight.
        record: what ``fusion.json`` says of the fusion as a whole; without images.
        notes: what was decided for the user and found in the input, one sentence each.
        labels: label values that the candidates hold, as far as they were read.
        kept: records of images that need not be fused again: those of other parts, and, if the user continues a run,
            those of this part.
        part: number of this part, and of how many.
        elsewhere: images of this fusion that are neither in ``tasks`` nor in ``kept``; other parts fuse them.
        copied: JSON files that are copied beside the results.
        dataset: the raw dataset to write when every image is fused.
        sources: what the label values of each source mean; None where the same values mean the same in all sources.
    """

    method: Method
    tasks: Mapping[str, ImageTask]
    record: RunRecord = field(default_factory=partial(new_record, "by hand"))
    notes: Sequence[str] = ()
    labels: Sequence[int] = ()
    kept: Mapping[str, ImageRecord] = field(default_factory=dict)
    part: tuple[int, int] = (0, 1)
    elsewhere: Sequence[str] = ()
    copied: Sequence[Path] = ()
    dataset: ConsensusDataset | None = None
    sources: Sources | None = None

    @property
    def journal(self) -> Journal:
        """The record that grows while the plan runs."""
        return Journal(self.method.folder, self.record, self.part)

    @property
    def images(self) -> list[str]:
        """All images of the fusion, those of other parts too."""
        return sorted({*self.tasks, *self.kept, *self.elsewhere})

    @property
    def files(self) -> list[Path]:
        """Every file that running the plan writes, except the dataset."""
        folder = self.method.folder
        results = [path for task in self.tasks.values() for path in self.method.files(task)]
        return [*results, *(folder / path.name for path in self.copied), folder / FILE]


def make_plan(request: Request, progress: Progress = no_progress) -> Plan:
    """Decide all that a request leaves open, and check all that it names, without writing anything.

    Args:
        request: what is to be fused, and how.
        progress: shows how far the checks are.

    Raises:
        InputError: something is wrong with the options or the input.
        RunError: a process died.
    """
    request.check()
    notes: list[str] = []
    listed, layout = find_candidates(request.folders, request.layout, notes.append, request.allow_doubtful)
    _check_output(request.output, request.folders, listed)
    said = SourceRequest(
        request.sources,
        request.labels,
        request.all_annotate,
        request.allow_doubtful,
        request.resample,
        request.workers,
    )
    listed, sources = sources_of(listed, layout, said, notes.append, progress)
    _check_sources(request, sources)
    ignored = None if sources else ignore_label_beside(request.folders, listed)
    judgement = apply_ratings(listed, request.ratings, request.corrected)
    candidates = judgement.voting
    beside = datasets_beside(request.folders, [one for found in candidates.values() for one in found])
    looks = ask_about(candidates, sources, said, beside, notes.append)
    choice = choose_rule(request, candidates, sources)
    named = request.dataset is not None or request.ignore_below is not None or request.save_probabilities
    dataset_json = dataset_json_beside(request.folders, candidates) if named and not sources else None
    grids = grids_of(candidates, notes) if request.resample else {}
    new = plan_dataset(request.dataset, request.folders, candidates, dataset_json) if request.dataset else None

    pictured, remarks_on_images = _atlas_images(request, candidates)
    images = {}
    for image, proposed in candidates.items():
        predictions = choice.predictions.of_image[image]
        images[image] = ImageTask(
            proposed,
            choice.predictions.weights[image],
            predictions,
            soft=[] if choice.own else soft_files(proposed, predictions, request.soft_candidates),
            images=pictured.get(image),
            corrected=judgement.corrected.get(image),
            ratings=judgement.ratings.of_image(image),
            meanings=[sources.meaning(candidate) for candidate in proposed] if sources else (),
            grid=grids.get(image),
            annotated=sources.annotated_by(proposed) if sources else None,
        ).as_it_is()
    joint, why = joint_options(images, request, choice, ignored, progress)
    if joint and (grids or any(task.partial for task in images.values())):
        raise InputError(
            "-atlas_images weigh candidates that annotate the same labels on one grid; leave them away, or choose "
            "another -rule"
        )
    smoothing = smoothing_of(request, choice)
    index, parts = request.part
    part = sorted(images)[index::parts]
    notes += [
        *about_the_ignored(ignored),
        *duplicate_candidates(candidates, looks),
        *judgement.notes,
        *choice.notes,
        *remarks_on_images,
        *why,
        *about_folders(request, images),
        *about_certainty(calibrated_for(request, choice), images),
    ]
    record = structs.replace(
        header_of(request, layout, choice, joint, smoothing, judgement, sources, notes),
        ignore_label=ignored,
        inputs=inputs_of(images),
    )
    journal = Journal(request.output, record, request.part)
    kept = kept_of(journal, request, images, part)
    tasks = {image: images[image] for image in part if image not in kept}
    journal.require_own(task.file for task in tasks.values())

    # Without a dataset.json, a dataset has all labels that occur in any of its images.
    checked = images if named and dataset_json is None and not sources else tasks
    reading = each(partial(check_image, looks), dict(checked), request.workers)
    found = dict(progress(reading, "Checking", len(checked)))
    sets, remarks = label_sets_of(images, found, request.allow_doubtful)
    names: LabelNames | None = None
    if sources:
        names = sources.label_names(needs_ignore=request.ignore_below is not None)
    elif named:
        names = names_of_fusion(dataset_json, sets.files, request.ignore_below is not None)
    channels = channel_count(names) if names and request.save_probabilities else None
    if channels is not None:
        remarks.append(room_for_probabilities(channels, [found[image].voxels for image in tasks if image in found]))
    ignore_label = names.ignore_label if names else ignored
    remarks += about_ignoring(request.ignore_below, ignore_label)
    method = Method(
        choice.rule,
        request.output,
        score_trust=choice.score_trust,
        decision=request.decision,
        smoothing=smoothing,
        ignore_below=request.ignore_below,
        ignore_label=ignore_label,
        joint=joint,
        channels=channels,
        vote_share=request.save_vote_share,
        calibrated=calibrated_for(request, choice),
    )
    method, found_by_reading = _judged(method, images, tasks, kept, request, progress)
    return Plan(
        method=method,
        tasks=tasks,
        record=record,
        notes=[*notes, *remarks, *found_by_reading],
        labels=sorted(sets.values),
        kept=kept,
        part=request.part,
        elsewhere=[image for image in images if image not in part and image not in kept],
        copied=files_for_ensembling(request.folders) if request.save_probabilities else [],
        dataset=ConsensusDataset(new, names) if new and names else None,
        sources=sources,
    )


def _judged(
    method: Method,
    images: Mapping[str, ImageTask],
    tasks: Mapping[str, ImageTask],
    kept: Mapping[str, ImageRecord],
    request: Request,
    progress: Progress,
) -> tuple[Method, list[str]]:
    """The method, with what a look at some images tells of networks and of all voters; and what a user should know."""
    compare = partial(compare_predictions, method.score_trust, method.ignore_label)
    trust = trust_in_networks(images, compare, request, progress)
    method = replace(method, network_trust=trust)
    if not tasks:
        return method, about_networks(trust)
    overlap = overlap_of_images(images, method, request, progress)
    return replace(method, overlap=overlap), [*about_networks(trust), *about_kept(kept, overlap)]


def _atlas_images(request: Request, candidates: Candidates) -> tuple[dict[str, AtlasImages], list[str]]:
    if request.atlas_images is None:
        return {}, []
    return find_atlas_images(request.folders, candidates, request.images, request.atlas_images)


def _check_sources(request: Request, sources: Sources | None) -> None:
    if sources and request.soft_candidates:
        raise InputError("--soft_candidates cannot vote for sources that mean different things; leave it away")
    if request.labels and not sources:
        raise InputError(
            f"-labels {request.labels} names the numbers of -sources or of -layout structures; give one of them, or "
            f"leave it away"
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
