"""Fuse a folder of candidates: check everything, then fuse image by image and keep record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .. import __version__
from ..datasets.candidates import find_candidates
from ..datasets.consensus_dataset import dataset_json_beside, plan_dataset, write_dataset
from ..datasets.label_names import LabelNames
from ..errors import InputError
from ..files.atomic import clear_temporaries, writing
from ..processes import each
from .fuse import Job, Method, check_image, fuse_image
from .labels_out import channel_count, names_of_fusion
from .outputs import copy_for_ensembling
from .record import FILE, Entry, Journal
from .request import Request
from .score_sources import Choice, choose_rule

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Wraps an iterable, its title and its length, and shows how far it is."""


def _no_progress(items: Iterable[Any], *_: object) -> Iterable[Any]:
    return items


@dataclass(frozen=True)
class Summary:
    """What a run did.

    Attributes:
        fused: images that this run fused.
        kept: images that an earlier run had finished.
        complete: whether every image of every part is done, and ``fusion.json`` written.
        record: the rule and its options, as in ``fusion.json``.
        entries: what is recorded of each image of this part.
        dataset: the new raw dataset, if one was written.
    """

    fused: int
    kept: int
    complete: bool
    record: Entry
    entries: dict[str, Entry]
    dataset: Path | None


def fuse_folder(
    request: Request,
    say: Callable[[str], object] = str,
    progress: Progress = _no_progress,
) -> Summary:
    """Fuse all images of a folder, or one part of them.

    Everything is read and checked before anything is written.

    Args:
        request: what is to be fused, and how.
        say: takes a sentence about each thing that was decided for the user; ``fusion.json`` has them as ``notes``.
        progress: shows how far the run is.

    Raises:
        InputError: something is wrong with the options or the input, or a file cannot be written.
        RunError: a process died.
    """
    request.check()
    candidates, layout = find_candidates(request.folders, request.layout)
    _check_output(request.output, request.folders)
    choice = choose_rule(request, candidates)
    for note in choice.notes:
        say(note)
    dataset_json = dataset_json_beside(request.folders, candidates) if _needs_names(request) else None
    dataset = plan_dataset(request.dataset, request.folders, candidates, dataset_json) if request.dataset else None

    part = sorted(candidates)[request.part[0] :: request.part[1]]
    journal = Journal(request.output, _header(request, layout, choice), request.part)
    images = {
        image: Job(found, choice.weights[image], choice.predictions[image]) for image, found in candidates.items()
    }
    done = _finished(journal, request, images, part)
    pending = [image for image in part if image not in done]

    # Without a dataset.json, the labels of a dataset are those that occur in any of its images.
    checked = list(images) if _needs_names(request) and dataset_json is None else pending
    reading = each(check_image, {image: images[image].voters for image in checked}, request.processes)
    found = {label for _, labels in progress(reading, "Checking", len(checked)) for label in labels}
    names = names_of_fusion(dataset_json, found, request.ignore_below is not None) if _needs_names(request) else None

    method = _method(request, choice, names)
    jobs = {image: images[image] for image in pending}
    _make_folders(request, method, journal, jobs)
    journal.begin(done)
    entries = {image: entry for image, entry in done.items() if image in part}
    fusing = each(partial(fuse_image, method), jobs, request.processes)
    for image, entry in progress(fusing, "Fusing", len(jobs)):
        journal.add(image, entry)
        entries[image] = entry
    complete = journal.finish(sorted(candidates))
    if complete and dataset is not None and names is not None:
        write_dataset(dataset, names, request.output)
    return Summary(
        fused=len(pending),
        kept=len(part) - len(pending),
        complete=complete,
        record=choice.record,
        entries=dict(sorted(entries.items())),
        dataset=dataset.folder if complete and dataset else None,
    )


def _needs_names(request: Request) -> bool:
    return request.dataset is not None or request.ignore_below is not None or request.save_probabilities


def _check_output(output: Path, folders: Sequence[Path]) -> None:
    for folder in folders:
        if output.resolve().is_relative_to(folder.resolve()):
            raise InputError(
                f"-o {output} lies in -i {folder}, where its label maps would be taken for candidates; choose another"
            )
    if output.exists() and not output.is_dir():
        raise InputError(f"-o {output} is a file; choose a folder")


def _header(request: Request, layout: str, choice: Choice) -> Entry:
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


def _finished(journal: Journal, request: Request, jobs: Mapping[str, Job], part: Sequence[str]) -> dict[str, Entry]:
    """Entries that need not be made again: of other parts and, where the user continues, of this one."""
    _, parts = request.part
    if not request.keep and parts == 1:
        return {}
    earlier = journal.entries(strict=request.keep)
    done = {image: entry for image, entry in earlier.items() if image not in part and image in jobs}
    if request.keep:
        for image in part:
            named = [voter.name for voter in jobs[image].voters]
            entry = earlier.get(image)
            voted = [*entry["candidates"], *entry.get("predictions", ())] if entry else []
            if entry and voted == named and (request.output / jobs[image].file).is_file():
                done[image] = entry
    return done


def _method(request: Request, choice: Choice, names: LabelNames | None) -> Method:
    return Method(
        choice.rule,
        request.output,
        ignore_below=request.ignore_below,
        ignore_label=names.ignore_label if names else None,
        channels=channel_count(names) if names and request.save_probabilities else None,
        agreement=request.save_agreement,
    )


def _make_folders(request: Request, method: Method, journal: Journal, jobs: Mapping[str, Job]) -> None:
    """Make the folders that results go to, clear of what a killed run left of them."""
    files = [path for job in jobs.values() for path in method.files(job)]
    files += [journal.path, request.output / FILE]
    names = {path.name for path in files}
    for folder in sorted({path.parent for path in files}):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            clear_temporaries(folder, names)
    if request.save_probabilities:
        copy_for_ensembling(request.folders, request.output)
