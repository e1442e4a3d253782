"""Fuse a folder of candidates: make the plan, run it image by image, and keep a record."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..datasets.consensus_dataset import write_dataset
from ..files.atomic import clear_temporaries, writing
from ..processes import Workers, each
from ..progress import Progress, no_progress
from .fuse_image import fuse_image
from .planning.plan import Plan, make_plan
from .planning.request import Request
from .record.journal import require_unheld
from .record.outputs import copy_json
from .record.run_record import ImageRecord, RunRecord


@dataclass(frozen=True)
class FusionSummary:
    """What a run did.

    Attributes:
        fused: images that this run fused.
        kept: images of this part that an earlier run had finished.
        complete: whether every image of every part is done, and ``fusion.json`` written.
        record: what ``fusion.json`` says of the run as a whole.
        images: the record of each image of this part.
        dataset: the new raw dataset, if one was written.
    """

    fused: int
    kept: int
    complete: bool
    record: RunRecord
    images: dict[str, ImageRecord]
    dataset: Path | None


def fuse_folder(
    request: Request,
    say: Callable[[str], object] = str,
    progress: Progress = no_progress,
) -> FusionSummary:
    """Fuse all images of a folder, or one part of them.

    All input is read and checked before anything is written.

    >>> import tempfile
    >>> import numpy as np
    >>> import SimpleITK as sitk
    >>> from nnunet_deepstaple.fusion import Request, fuse_folder
    >>> work = Path(tempfile.mkdtemp())
    >>> (work / "candidates").mkdir()
    >>> for rater in "abc":
    ...     labels = np.zeros((4, 5, 6), np.uint8)
    ...     labels[1:3, 1:4, 1 : 5 if rater == "a" else 4] = 1
    ...     sitk.WriteImage(sitk.GetImageFromArray(labels), work / f"candidates/scan1__{rater}.nii.gz")
    >>> summary = fuse_folder(Request([work / "candidates"], work / "fused", rule="majority"))
    >>> summary.complete, summary.images["scan1"].voxels
    (True, {'0': 102, '1': 18})

    Args:
        request: what is to be fused, and how.
        say: gets one sentence for each decision made for the user; ``fusion.json`` has these sentences as ``notes``.
        progress: shows how far the run is.

    Raises:
        InputError: something is wrong with the options or the input, or a file cannot be written.
        RunError: a process died.
    """
    require_unheld(request.output, request.part)  # before the work of planning
    plan = make_plan(request, progress)
    for note in plan.notes:
        say(note)
    return run_plan(plan, request.workers, progress)


def run_plan(plan: Plan, workers: Workers = 1, progress: Progress = no_progress) -> FusionSummary:
    """Do what a plan says.

    Args:
        plan: of :func:`~.planning.plan.make_plan`, or made by hand.
        workers: who does it (:func:`~nnunet_deepstaple.processes.each`).
        progress: shows how far the run is.

    Raises:
        InputError: an image cannot be fused, or a file cannot be written.
        RunError: a process died.
    """
    with writing(plan.method.folder):
        plan.method.folder.mkdir(parents=True, exist_ok=True)
    with plan.journal.held():
        return _run(plan, workers, progress)


def _run(plan: Plan, workers: Workers, progress: Progress) -> FusionSummary:
    journal = plan.journal
    journal.require_agreement()
    for folder in _folders(plan):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
    _clear(plan)  # what a killed run left
    copy_json(plan.copied, plan.method.folder)
    journal.begin(plan.kept)
    index, parts = plan.part
    own = set(plan.images[index::parts])
    images = {image: record for image, record in plan.kept.items() if image in own}
    kept = len(images)
    fusing = each(partial(fuse_image, plan.method), plan.tasks, workers)
    try:
        for image, record in progress(fusing, "Fusing", len(plan.tasks)):
            journal.add(image, record)
            images[image] = record
    finally:
        fusing.close()
        _clear(plan)  # what killed workers left
    complete = journal.finish(plan.images)
    if complete and plan.dataset:
        annotated = {image: found.annotated for image, found in journal.records(strict=False).items()}
        means = plan.sources.vocabulary.means if plan.sources else {}
        write_dataset(plan.dataset.new, plan.dataset.names, plan.method.folder, annotated, means)
    return FusionSummary(
        fused=len(plan.tasks),
        kept=kept,
        complete=complete,
        record=plan.record,
        images=dict(sorted(images.items())),
        dataset=plan.dataset.new.folder if complete and plan.dataset else None,
    )


def _folders(plan: Plan) -> list[Path]:
    """The folders that results go to."""
    return sorted({path.parent for path in _written(plan)})


def _written(plan: Plan) -> list[Path]:
    return [*plan.files, plan.journal.path]


def _clear(plan: Plan) -> None:
    """Remove unfinished files of what the plan writes."""
    names = {path.name for path in _written(plan)}
    for folder in _folders(plan):
        with writing(folder):
            clear_temporaries(folder, names)
