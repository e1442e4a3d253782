"""The plan of a fusion: who votes, with what weight, by which rule, and what is written.

Everything is decided here, and all input is read and checked; running a plan (:mod:`~..folder`) asks no more questions.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from msgspec import structs

from ...datasets.candidates import Candidates, find_candidates
from ...datasets.consensus_dataset import NewDataset, dataset_json_beside, ignore_label_beside, plan_dataset
from ...datasets.dataset_json import about_unlisted
from ...datasets.duplicate_candidates import duplicate_candidates
from ...datasets.label_names import LabelNames
from ...datasets.label_sets import LabelSets
from ...datasets.listing import label_maps_in
from ...datasets.settings import datasets_beside
from ...datasets.sources.gather import Sources
from ...datasets.sources.table import rows_of
from ...datasets.unlike import SourceRequest, ask_about, sources_of
from ...errors import InputError
from ...files.atomic import require_writable
from ...files.endings import require_writable_ending
from ...files.fingerprint import Fingerprint
from ...files.provenance import FileRecord
from ...processes import each
from ...progress import Progress, no_progress
from ..record.journal import Journal
from ..record.outputs import files_for_ensembling, room_for_probabilities
from ..record.run_record import FILE, ImageRecord, RunRecord, new_record
from ..votes.atlas_images import AtlasImages
from ..weights.features import KINDS
from ..weights.joint import SEARCH, JointOptions
from ..weights.networks import network_trust
from .atlas_images import JUDGED, choose_features, find_atlas_images, spread
from .checks import CheckedImage, check_image, compare_features, compare_predictions
from .choice import Choice, calibrated_for, choose_rule, smoothing_of
from .grids import grids_of
from .output_labels import channel_count, names_of_fusion
from .predictions import soft_files
from .ratings import Judgement, apply_ratings
from .request import AUTO, Request
from .task import ImageTask, Method

_JUDGED = 50
"""Images by which a network is judged, at most."""

_NOTED = 0.95


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
        kept: records of images that need not be fused again: of other parts and, where the user continues, of this one.
        part: number of this part, and of how many.
        elsewhere: images of this fusion that are neither ``tasks`` nor ``kept``: other parts fuse them.
        copied: JSON files that are copied beside the results.
        dataset: the raw dataset to write when every image is fused.
        sources: what the sources of the candidates mean; None where all mean the same by the same numbers.
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
        """All images of the fusion, whichever part fuses them."""
        return sorted({*self.tasks, *self.kept, *self.elsewhere})

    @property
    def files(self) -> list[Path]:
        """Every file that running the plan leaves, but for the dataset."""
        folder = self.method.folder
        results = [path for task in self.tasks.values() for path in self.method.files(task)]
        return [*results, *(folder / path.name for path in self.copied), folder / FILE]


def make_plan(request: Request, progress: Progress = no_progress) -> Plan:
    """Decide all that a request leaves open, and check all that it names. Nothing is written.

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
    said = SourceRequest(request.sources, request.labels, request.all_annotate, request.allow_doubtful, request.workers)
    listed, sources = sources_of(listed, layout, said, notes.append, progress)
    _check_sources(request, sources)
    ignored = None if sources else ignore_label_beside(request.folders, listed)
    judgement = apply_ratings(listed, request.ratings, request.corrected)
    candidates = judgement.voting
    beside = datasets_beside(request.folders, [one for found in candidates.values() for one in found])
    ask_about(candidates, sources, said, beside, notes.append)
    choice = choose_rule(request, candidates)
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
    joint, why = _joint_options(images, request, choice, ignored, progress)
    if joint and (grids or any(task.partial for task in images.values())):
        raise InputError(
            "-atlas_images weigh candidates that annotate the same labels on one grid; leave them away, or choose "
            "another -rule"
        )
    smoothing = smoothing_of(request, choice)
    index, parts = request.part
    part = sorted(images)[index::parts]
    notes += [
        *_about_the_ignored(ignored),
        *duplicate_candidates(candidates),
        *judgement.notes,
        *choice.notes,
        *remarks_on_images,
        *why,
    ]
    notes += _about_folders(request, images)
    record = _record(request, layout, choice, joint, smoothing, judgement, sources, notes)
    record = structs.replace(record, ignore_label=ignored, inputs=_inputs(images))
    kept = _kept(Journal(request.output, record, request.part), request, images, part)
    tasks = {image: images[image] for image in part if image not in kept}

    # Without a dataset.json, the labels of a dataset are those that occur in any of its images.
    checked = images if named and dataset_json is None and not sources else tasks
    reading = each(check_image, dict(checked), request.workers)
    found = dict(progress(reading, "Checking", len(checked)))
    sets, remarks = _label_sets(images, found, request.allow_doubtful)
    names: LabelNames | None = None
    if sources:
        names = sources.label_names(needs_ignore=request.ignore_below is not None)
    elif named:
        names = names_of_fusion(dataset_json, sets.files, request.ignore_below is not None)
    channels = channel_count(names) if names and request.save_probabilities else None
    if channels is not None:
        remarks.append(room_for_probabilities(channels, [found[image].voxels for image in tasks if image in found]))
    ignore_label = names.ignore_label if names else ignored
    trust = _network_trust(images, partial(compare_predictions, choice.score_trust, ignore_label), request, progress)
    remarks += _about_networks(trust)
    return Plan(
        method=Method(
            choice.rule,
            request.output,
            score_trust=choice.score_trust,
            network_trust=trust,
            decision=request.decision,
            smoothing=smoothing,
            ignore_below=request.ignore_below,
            ignore_label=ignore_label,
            joint=joint,
            channels=channels,
            vote_share=request.save_vote_share,
            calibrated=calibrated_for(request, choice),
        ),
        tasks=tasks,
        record=record,
        notes=[*notes, *remarks],
        labels=sorted(sets.values),
        kept=kept,
        part=request.part,
        elsewhere=[image for image in images if image not in part and image not in kept],
        copied=files_for_ensembling(request.folders) if request.save_probabilities else [],
        dataset=ConsensusDataset(new, names) if new and names else None,
        sources=sources,
    )


def _atlas_images(request: Request, candidates: Candidates) -> tuple[dict[str, AtlasImages], list[str]]:
    if request.atlas_images is None:
        return {}, []
    return find_atlas_images(request.folders, candidates, request.images, request.atlas_images)


def _joint_options(
    images: Mapping[str, ImageTask], request: Request, choice: Choice, ignored: int | None, progress: Progress
) -> tuple[JointOptions | None, list[str]]:
    """How images are compared, and why so."""
    if request.atlas_images is None:
        return None, []
    options = {
        features: JointOptions(
            features, request.patch_radius, SEARCH[features] if request.search is None else request.search
        )
        for features in KINDS
    }
    if request.features != AUTO:
        return options[request.features], []
    kinds = [JointOptions(features, request.patch_radius) for features in KINDS]  # a short search is enough to judge
    judged = {image: images[image] for image in spread((one for one in images if images[one].images), JUDGED)}
    comparing = each(
        partial(compare_features, choice.score_trust, choice.rule, ignored, kinds), judged, request.workers
    )
    found = dict(progress(comparing, "Judging features", len(judged)))
    gains = {kind.features: [found[image][kind.features] for image in sorted(found)] for kind in kinds}
    features, why = choose_features(gains, request.atlas_images)
    return options[features], [why]


def _network_trust(
    images: Mapping[str, ImageTask],
    compare: Callable[[ImageTask], dict[str, tuple[float, float]]],
    request: Request,
    progress: Progress,
) -> dict[str, float]:
    """Trust in the network of each kind of predictions, judged on images spread over all that it predicted."""
    predicted: dict[str, list[str]] = {}
    for image, task in sorted(images.items()):
        for prediction in task.predictions:
            predicted.setdefault(prediction.name, []).append(image)
    judged = {one: images[one] for some in predicted.values() for one in some[:: -(-len(some) // _JUDGED)]}
    if not judged:
        return {}
    comparing = each(compare, judged, request.workers)
    found: dict[str, list[tuple[float, float]]] = {}
    for _, compared in progress(comparing, "Judging predictions", len(judged)):
        for name, dice in compared.items():
            found.setdefault(name, []).append(dice)
    return {name: network_trust(*np.array(sorted(dice)).T) for name, dice in found.items()}


def _about_networks(trust: Mapping[str, float]) -> list[str]:
    """A sentence about each network whose predictions lose weight."""
    return [
        f"{name} votes with {kept:.0%} of its weight: the candidates confirm the network less than each other"
        for name, kept in sorted(trust.items())
        if kept < _NOTED
    ]


def _label_sets(
    images: Mapping[str, ImageTask], found: Mapping[str, CheckedImage], allow_doubtful: bool
) -> tuple[LabelSets, list[str]]:
    """Labels of the candidates that were read, and what a user should know of them."""
    sets = LabelSets()
    for image, checked in sorted(found.items()):
        for candidate, values, graded in zip(images[image].candidates, checked.labels, checked.graded, strict=False):
            sets.add(candidate, values, graded)
    noisy = [note for _, checked in sorted(found.items()) for note in checked.notes]
    remarks = [f"{noisy[0]}; so are {len(noisy) - 1} more files" if len(noisy) > 1 else noisy[0]] if noisy else []
    sets.judge(remarks.append, allow_doubtful)
    return sets, remarks


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
        if Path(os.path.realpath(output)).is_relative_to(os.path.realpath(folder)):  # which links in a circle pass
            raise InputError(
                f"-o {output} lies in -i {folder}, where its label maps would be taken for candidates; choose another"
            )
    if output.exists() and not output.is_dir():
        raise InputError(f"-o {output} is a file; choose a folder")
    require_writable(output)
    for proposed in candidates.values():
        require_writable_ending(proposed[0].path)


def _record(
    request: Request,
    layout: str,
    choice: Choice,
    joint: JointOptions | None,
    smoothing: float | None,
    judgement: Judgement,
    sources: Sources | None,
    notes: list[str],
) -> RunRecord:
    scored, predictions = choice.scored, choice.predictions
    return new_record(
        choice.name,
        candidates_from=[str(folder.absolute()) for folder in request.folders],
        layout=layout,
        images_from=str(request.images.absolute()) if request.images else None,
        atlas_images_from=str(request.atlas_images.absolute()) if request.atlas_images else None,
        features=joint.features if joint else None,
        patch_radius=joint.radius if joint else None,
        search=joint.search if joint else None,
        disputed_only=request.disputed_only,
        score=scored.score if scored else None,
        weights=scored.weights if scored else None,
        temperature=scored.temperature if scored else None,
        score_trust=scored.score_trust if scored and not choice.own else None,
        score_files=scored.files if scored else [],
        prediction_weight=predictions.weight,
        predictions_from=[str(folder.absolute()) for folder in predictions.folders],
        predictions_out_of_fold=predictions.out_of_fold,
        sources=rows_of(sources) if sources else {},
        sources_from=FileRecord.of(request.sources) if request.sources else None,
        all_annotate=request.all_annotate,
        resample=request.resample,
        soft_candidates=request.soft_candidates,
        decide=request.decision,
        smoothing_mm="half of a voxel's finest side" if smoothing is None else smoothing,
        ignore_below=request.ignore_below,
        save_probabilities=request.save_probabilities,
        save_vote_share=request.save_vote_share,
        calibrated=calibrated_for(request, choice),
        ratings=judgement.file,
        corrected_from=str(request.corrected.absolute()) if request.corrected else None,
        notes=notes,
    )


def _kept(
    journal: Journal, request: Request, images: Mapping[str, ImageTask], part: Sequence[str]
) -> dict[str, ImageRecord]:
    """Records of images that need not be fused again."""
    _, parts = request.part
    if not request.keep and parts == 1:
        return {}
    earlier = journal.records(strict=request.keep)
    wanted = images if request.keep else images.keys() - set(part)
    return {
        image: earlier[image]
        for image in wanted
        if image in earlier and _same(images[image], earlier[image]) and (request.output / images[image].file).is_file()
    }


def _same(task: ImageTask, record: ImageRecord) -> bool:
    """Whether an image was fused of the same voters, by files with the same content."""
    soft = [voter.name for voter, path in zip(task.voters, task.soft, strict=False) if path]
    return (
        [*record.candidates, *record.predictions] == [voter.name for voter in task.voters]
        and record.soft == soft
        and record.corrected == task.correction
        and record.without_image == task.without_image
        and all(
            Fingerprint(*record.files[name]).is_of(path)
            for name, path in task.named_files.items()
            if name in record.files  # records of version 0.1.0 do not know
        )
    )


def _inputs(images: Mapping[str, ImageTask]) -> str:
    """One word for all files that vote, as they are now."""
    states = {
        image: [[name, *task.states[path]] for name, path in sorted(task.named_files.items())]
        for image, task in images.items()
    }
    return hashlib.sha256(json.dumps(states, sort_keys=True).encode(errors="surrogateescape")).hexdigest()


def _about_the_ignored(label: int | None) -> list[str]:
    if label is None:
        return []
    return [f"a candidate does not vote where it has the label {label}, which its dataset.json ignores"]


def _about_folders(request: Request, images: Mapping[str, ImageTask]) -> list[str]:
    """Sentences about label maps that lie where they are looked for or written, and do not take part."""
    unlisted = [sentence for folder in request.folders for sentence in about_unlisted(folder)]
    return _left_over(request.output, images) + unlisted


def _left_over(output: Path, images: Mapping[str, ImageTask]) -> list[str]:
    """A sentence about label maps that lie where results go, and are of images that are not among these."""
    if not output.is_dir():
        return []
    others = [path.name for path, image in label_maps_in(output) if image not in images]
    if not others:
        return []
    number = "1 label map" if len(others) == 1 else f"{len(others)} label maps"
    return [f"{output} holds {number} of images that are not fused here, such as {others[0]}; they stay as they are"]
