"""The plan of a fusion: who votes, with what weight, by which rule, and what is written.

Everything is decided here, and all input is read and checked. Running a plan (:mod:`~..folder`) decides nothing more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ...datasets.consensus_dataset import NewDataset, dataset_json_beside, plan_dataset
from ...datasets.label_names import LabelNames
from ...datasets.sources.gather import Sources
from ...errors import InputError
from ...processes import each
from ...progress import Progress, no_progress
from ..record.journal import Journal
from ..record.outputs import files_for_ensembling, room_for_probabilities
from ..record.run_record import FILE, ImageRecord, RunRecord, new_record
from ..weights.joint import JointOptions
from .checks import check_image, compare_predictions
from .choice import Choice, calibrated_for, smoothing_of
from .earlier import kept_of
from .header import header_of
from .judging import about_networks, joint_options, overlap_of_images, trust_in_networks
from .output_labels import channel_count, names_of_fusion
from .remarks import about_certainty, about_folders, about_ignoring, about_kept, label_sets_of
from .request import Request
from .task import ImageTask, Method
from .voters import Voters, find_voters


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
    voters = find_voters(request, progress)
    images = voters.tasks(request)
    joint, why = joint_options(images, request, voters.choice, voters.ignored, progress)
    if joint and any(task.partial or task.grid is not None for task in images.values()):
        raise InputError(
            "-atlas_images weigh candidates that annotate the same labels on one grid; leave them out, or choose "
            "another -rule"
        )
    index, parts = request.part
    part = sorted(images)[index::parts]
    certainty = about_certainty(calibrated_for(request, voters.choice), images)
    notes = [*voters.notes, *why, *about_folders(request, images), *certainty]
    record = header_of(request, voters, images, joint, notes)
    journal = Journal(request.output, record, request.part)
    kept = kept_of(journal, request, images, part)
    tasks = {image: images[image] for image in part if image not in kept}
    journal.require_own(task.file for task in tasks.values())
    labels = _read_labels(request, voters, images, tasks, progress)
    method = _method(request, voters.choice, joint, labels)
    method, found_by_reading = _judged(method, images, tasks, kept, request, progress)
    return Plan(
        method=method,
        tasks=tasks,
        record=record,
        notes=[*notes, *labels.remarks, *found_by_reading],
        labels=labels.values,
        kept=kept,
        part=request.part,
        elsewhere=[image for image in images if image not in part and image not in kept],
        copied=files_for_ensembling(request.folders) if request.save_probabilities else [],
        dataset=labels.dataset,
        sources=voters.sources,
    )


@dataclass(frozen=True)
class _Labels:
    """The labels of a fusion.

    Attributes:
        values: that the candidates hold, as far as they were read.
        channels: of nnU-Net's probabilities; None where none are written.
        ignored: the label by which candidates abstain, and that doubtful voxels get; None for none.
        dataset: the raw dataset to write at the end; None for none.
        remarks: what a user should know, one sentence each.
    """

    values: Sequence[int]
    channels: int | None
    ignored: int | None
    dataset: ConsensusDataset | None
    remarks: Sequence[str]


def _read_labels(
    request: Request,
    voters: Voters,
    images: Mapping[str, ImageTask],
    tasks: Mapping[str, ImageTask],
    progress: Progress,
) -> _Labels:
    """Read and check the images to fuse, and find which labels there are."""
    sources, needs_ignore = voters.sources, request.ignore_below is not None
    named = request.dataset is not None or needs_ignore or request.save_probabilities
    dataset_json = dataset_json_beside(request.folders, voters.candidates) if named and not sources else None
    new = None
    if request.dataset is not None:
        new = plan_dataset(request.dataset, request.folders, voters.candidates, dataset_json)
    # Without a dataset.json, a dataset has all labels that occur in any of its images.
    checked = images if named and dataset_json is None and not sources else tasks
    reading = each(partial(check_image, voters.looks), dict(checked), request.workers)
    found = dict(progress(reading, "Checking", len(checked)))
    sets, remarks = label_sets_of(images, found, request.allow_doubtful)
    names: LabelNames | None = None
    if sources:
        names = sources.label_names(needs_ignore=needs_ignore)
    elif named:
        names = names_of_fusion(dataset_json, sets.files, needs_ignore)
    channels = channel_count(names) if names and request.save_probabilities else None
    if channels is not None:
        remarks.append(room_for_probabilities(channels, [found[image].voxels for image in tasks if image in found]))
    ignored = names.ignore_label if names else voters.ignored
    return _Labels(
        values=sorted(sets.values),
        channels=channels,
        ignored=ignored,
        dataset=ConsensusDataset(new, names) if new and names else None,
        remarks=[*remarks, *about_ignoring(request.ignore_below, ignored)],
    )


def _method(request: Request, choice: Choice, joint: JointOptions | None, labels: _Labels) -> Method:
    return Method(
        choice.rule,
        request.output,
        score_trust=choice.score_trust,
        decision=request.decision,
        smoothing=smoothing_of(request, choice),
        ignore_below=request.ignore_below,
        ignore_label=labels.ignored,
        joint=joint,
        channels=labels.channels,
        vote_share=request.save_vote_share,
        calibrated=calibrated_for(request, choice),
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
