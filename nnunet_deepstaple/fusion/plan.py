"""The plan of a fusion: who votes, with what weight, by which rule, and what is written.

Everything is decided here, and all input is read and checked; running a plan (:mod:`.folder`) asks no more questions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .. import __version__
from ..datasets.candidates import find_candidates
from ..datasets.consensus_dataset import NewDataset, dataset_json_beside, plan_dataset
from ..datasets.label_names import LabelNames
from ..errors import InputError
from ..processes import each
from .choice import Choice, choose_rule
from .fuse import Job, Method, check_image
from .labels_out import channel_count, names_of_fusion
from .outputs import files_for_ensembling
from .record import FILE, Entry, Journal
from .request import Request

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Wraps an iterable, its title and its length, and shows how far it is."""


def no_progress(items: Iterable[Any], *_: object) -> Iterable[Any]:
    """Show nothing."""
    return items


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
        jobs: the images to fuse: who votes on each, and with what weight.
        record: what ``fusion.json`` says of the fusion as a whole.
        notes: what was decided for the user, one sentence each.
        kept: entries of images that need not be fused again: of other parts and, where the user continues, of this one.
        part: number of this part, and of how many.
        elsewhere: images of this fusion that are neither ``jobs`` nor ``kept``: other parts fuse them.
        copied: JSON files that are copied beside the results.
        dataset: the raw dataset to write when every image is fused.
    """

    method: Method
    jobs: Mapping[str, Job]
    record: Entry = field(default_factory=dict)
    notes: Sequence[str] = ()
    kept: Mapping[str, Entry] = field(default_factory=dict)
    part: tuple[int, int] = (0, 1)
    elsewhere: Sequence[str] = ()
    copied: Sequence[Path] = ()
    dataset: ConsensusDataset | None = None

    @property
    def journal(self) -> Journal:
        """The record that grows while the plan runs."""
        return Journal(self.method.folder, self.record, self.part)

    @property
    def images(self) -> list[str]:
        """All images of the fusion, whichever part fuses them."""
        return sorted({*self.jobs, *self.kept, *self.elsewhere})

    @property
    def files(self) -> list[Path]:
        """Every file that running the plan leaves, but for the dataset."""
        folder = self.method.folder
        results = [path for job in self.jobs.values() for path in self.method.files(job)]
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
    candidates, layout = find_candidates(request.folders, request.layout)
    _check_output(request.output, request.folders)
    choice = choose_rule(request, candidates)
    named = request.dataset is not None or request.ignore_below is not None or request.save_probabilities
    dataset_json = dataset_json_beside(request.folders, candidates) if named else None
    new = plan_dataset(request.dataset, request.folders, candidates, dataset_json) if request.dataset else None

    images = {
        image: Job(found, choice.weights[image], choice.predictions[image]) for image, found in candidates.items()
    }
    index, parts = request.part
    part = sorted(images)[index::parts]
    record = _record(request, layout, choice)
    kept = _kept(Journal(request.output, record, request.part), request, images, part)
    jobs = {image: images[image] for image in part if image not in kept}

    # Without a dataset.json, the labels of a dataset are those that occur in any of its images.
    checked = images if named and dataset_json is None else jobs
    reading = each(check_image, {image: job.voters for image, job in checked.items()}, request.workers)
    found = {label for _, labels in progress(reading, "Checking", len(checked)) for label in labels}
    names = names_of_fusion(dataset_json, found, request.ignore_below is not None) if named else None
    return Plan(
        method=Method(
            choice.rule,
            request.output,
            ignore_below=request.ignore_below,
            ignore_label=names.ignore_label if names else None,
            channels=channel_count(names) if names and request.save_probabilities else None,
            agreement=request.save_agreement,
        ),
        jobs=jobs,
        record=record,
        notes=choice.notes,
        kept=kept,
        part=request.part,
        elsewhere=[image for image in images if image not in part and image not in kept],
        copied=files_for_ensembling(request.folders) if request.save_probabilities else [],
        dataset=ConsensusDataset(new, names) if new and names else None,
    )


def _check_output(output: Path, folders: Sequence[Path]) -> None:
    for folder in folders:
        if output.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"-o {output} lies in -i {folder}, where its label maps would be taken for candidates; choose another"
            )
    if output.exists() and not output.is_dir():
        raise InputError(f"-o {output} is a file; choose a folder")


def _record(request: Request, layout: str, choice: Choice) -> Entry:
    return {
        "nnunet_deepstaple": __version__,
        "numpy": np.__version__,
        "SimpleITK": sitk.__version__,
        "candidates_from": [str(folder.absolute()) for folder in request.folders],
        "layout": layout,
        **choice.record,
        "ignore_below": request.ignore_below,
        "save_probabilities": request.save_probabilities,
        "save_agreement": request.save_agreement,
        "notes": choice.notes,
    }


def _kept(journal: Journal, request: Request, jobs: Mapping[str, Job], part: Sequence[str]) -> dict[str, Entry]:
    """Entries of images that need not be fused again."""
    _, parts = request.part
    if not request.keep and parts == 1:
        return {}
    earlier = journal.entries(strict=request.keep)
    kept = {image: entry for image, entry in earlier.items() if image not in part and image in jobs}
    if request.keep:
        for image in part:
            named = [voter.name for voter in jobs[image].voters]
            entry = earlier.get(image)
            voted = [*entry["candidates"], *entry.get("predictions", ())] if entry else []
            if entry and voted == named and (request.output / jobs[image].file).is_file():
                kept[image] = entry
    return kept
