"""Preprocess a dataset: the folder that nnUNetv2_preprocess makes, with each image computed and stored once."""

import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..datasets.dataset_json import about_unlisted, read_dataset_json
from ..datasets.listing import LABELS_FOLDER
from ..datasets.nnunet_folders import nnunet_folder
from ..files.atomic import atomic_path, clear_temporaries, writing
from ..files.lock import locked
from ..processes import Workers, each
from ..progress import Progress
from .cases import Image, images_with_cases
from .image_files import Job, make_files, stored
from .other_datasets import find_in_other_datasets
from .plans_file import configurations_of, read_plans, using
from .record import PreprocessRecord, record_file
from .requests import request
from .sharing import choose_sharing
from .unfinished import Unfinished, finished_record


@dataclass(frozen=True)
class Preprocessed:
    """What was done for one configuration.

    Attributes:
        folder: the preprocessed folder.
        candidates: how many cases each image has.
        kept: images that an earlier run had made.
        notes: what was decided, and what is not as fast or as small as it could be.
    """

    folder: Path
    candidates: list[int]
    kept: int
    notes: list[str]

    @property
    def size(self) -> int:
        """Bytes of the folder on disk; what has several names counts once."""
        return sum({(status := path.stat()).st_ino: status.st_size for path in self.folder.iterdir()}.values())


def preprocess(
    raw: Path,
    plans_name: str,
    configurations: Sequence[str] | None,
    workers: Workers,
    progress: Progress,
    *,
    keep: bool = False,
    labels_in_norm: bool = False,
) -> Iterable[Preprocessed]:
    """Preprocess a planned dataset, one configuration after another.

    Args:
        raw: folder of the raw dataset.
        plans_name: name of the plans file without its ending.
        configurations: names of configurations; None takes nnU-Net's three, those that the plans have.
        workers: who works on the images, see :func:`~nnunet_deepstaple.processes.each`.
        progress: shows how far the run is.
        keep: go on with what an earlier run left.
        labels_in_norm: see :class:`.Job`.

    Raises:
        InputError: a file is missing or wrong, or cannot be written.
        RunError: a process died.
    """
    folder = nnunet_folder("nnUNet_preprocessed") / raw.name
    planned = folder / "dataset.json"
    dataset_json = read_dataset_json(planned if planned.is_file() else raw / "dataset.json")
    plans = read_plans(folder, plans_name, raw, dataset_json)
    _put_beside_plans(raw / "dataset.json", planned)
    images = images_with_cases(raw, dataset_json)
    file = folder / f"{plans_name}.json"
    for configuration in configurations_of(plans, configurations, file):
        with using(file, configuration):
            sharing = choose_sharing(plans, configuration, dataset_json)
        job = Job(sharing, folder / sharing.recipe.settings.data_identifier, labels_in_norm)
        with locked(job.data.with_name(f".{job.data.name}.lock"), job.data):
            summary = _preprocess(job, images, workers, progress, keep=keep)
        yield replace(summary, notes=[*summary.notes, *about_unlisted(raw / LABELS_FOLDER)])
    _copy_labels(raw, folder / "gt_segmentations")


def _preprocess(
    job: Job, images: dict[str, Image], workers: Workers, progress: Progress, *, keep: bool
) -> Preprocessed:
    wanted = request(job.sharing, images, labels_in_norm=job.labels_in_norm)
    unfinished = Unfinished(job.data)
    cases = [case for image in images.values() for case in image.labels]
    record = finished_record(job.data, cases, wanted) if keep else None
    missing: list[str] = []
    if record is None:
        unfinished.begin(wanted, keep=keep)
        missing = unfinished.missing(images)
        elsewhere = find_in_other_datasets(job.data.parent.parent, record_file(job.data), wanted)
        work = {name: (images[name], elsewhere.get(name)) for name in missing}
        for _ in progress(each(partial(make_files, job), work, workers), job.data.name, len(work)):
            pass
        record = unfinished.finish(wanted, images)
    unfinished.remove()
    candidates = [len(image.labels) for image in images.values()]
    return Preprocessed(job.data, candidates, len(images) - len(missing), _notes(job, record, candidates))


def _notes(job: Job, record: PreprocessRecord, candidates: Sequence[int]) -> list[str]:
    notes = list(job.sharing.notes)
    results = record.images.values()
    linked = Counter(str(Path(file).parent) for result in results if (file := result.linked_from))
    for folder, count in linked.items():
        notes.append(
            f"{count} of {len(candidates)} images are those of {folder}, made from the same files in the same way"
        )
    if max(candidates) == 1 and not linked:
        notes.append("every image has one case, so there is nothing to share; only label maps are resampled faster")
    if any(result.copied for result in results):
        notes.append("no hard links can be made here; cases have copies of their image, which take more disk")
    spilling = sum(len(result.spilling) for result in results)
    if spilling:
        how = (
            "each has an image of its own, normalised with them, as nnUNetv2_preprocess does it"
            if job.labels_in_norm
            else "the image is normalised without them, as for a prediction; nnUNetv2_preprocess counts them in, which "
            "--labels_in_norm does too"
        )
        notes.append(
            f"{spilling} of {sum(candidates)} candidates have labels outside the nonzero area that is normalised; {how}"
        )
    return notes


def _put_beside_plans(dataset_json: Path, planned: Path) -> None:
    """Copy the dataset.json to where planning leaves it, for plans that were taken from another dataset."""
    if not planned.is_file():
        clear_temporaries(planned.parent, {planned.name})
        with writing(planned), atomic_path(planned) as temporary:
            shutil.copyfile(dataset_json, temporary)


def _copy_labels(raw: Path, folder: Path) -> None:
    """Copy the label maps to where nnU-Net's validation looks for them, those that are not there yet."""
    dataset_json = read_dataset_json(raw / "dataset.json")
    ending = dataset_json["file_ending"]
    labels = {
        case: Path(file)
        for image in images_with_cases(raw, dataset_json).values()
        for case, file in image.labels.items()
    }
    with writing(folder):
        folder.mkdir(exist_ok=True)
        clear_temporaries(folder, {f"{case}{ending}" for case in labels})
        for case, file in labels.items():
            target = folder / f"{case}{ending}"
            if not target.is_file() or stored(target) != stored(file):
                with atomic_path(target) as temporary:
                    shutil.copy2(file, temporary)
