"""Images and their candidates → an nnU-Net raw dataset with one case for each (image, candidate) pair."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files.geometry import Geometry
from ..files.image_files import has_spacing, needs_nibabel, read_image
from ..files.label_maps import (
    copy_label_map,
    ending_of,
    read_geometry,
    read_image_header,
    read_label_map,
    write_label_map,
)
from ..files.links import is_there
from ..processes import Workers, each
from .candidates import Candidate, Candidates, Say, find_candidates
from .case_ids import SEPARATOR, check_length, spelled
from .label_names import LabelNames, label_names_of_values, read_label_names
from .label_sets import LabelSets, is_graded, values_of
from .raw_dataset import (
    LABELS_FOLDER,
    READER,
    Images,
    channel_names,
    find_images,
    new_dataset,
    reader_of,
    write_dataset_json,
)

Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]
"""Wraps an iterable, its title and its length, and shows how far it is."""

_LOOKED_AT = 3
"""Images that are looked at for Hounsfield units."""

_NORMALISATIONS = ("ct", "nonorm", "zscore", "rescale_0_1", "rescale_to_0_1", "rgb_to_0_1")
"""Names of channels by which nnU-Net chooses a normalisation."""


@dataclass(frozen=True)
class Request:
    """What is to be prepared.

    Attributes:
        images: folder of images ``<image>_0000<ending>``, …
        candidates: folders of candidates.
        layout: their layout, see :func:`~nnunet_deepstaple.datasets.candidates.find_candidates`.
        labels: file of label names; None takes them from the candidates' dataset.json or from the values found.
        channels: names of the channels; empty takes them from the file of the label names.
        allow_doubtful: note what makes a result doubtful rather than refuse it.
        workers: who reads the candidates (:func:`~nnunet_deepstaple.processes.each`).
    """

    images: Path
    candidates: Sequence[Path]
    layout: str | None = None
    labels: Path | None = None
    channels: Sequence[str] = ()
    allow_doubtful: bool = False
    workers: Workers = 1


@dataclass(frozen=True)
class Preparation:
    """A raw dataset that can be written: everything in it has been checked.

    Attributes:
        images: the images.
        geometries: geometry of each image.
        candidates: candidates of each image.
        layout: layout in which the candidates were found.
        names: label names.
        names_source: the file that the label names are from; None when they were made from the values found.
        channel_names: name of each channel.
        reader: nnU-Net's reader, where it is not left to the file ending.
        rewritten: cases whose file cannot be copied as it is: its ending, its header's form or float noise in its
            geometry or its values is not what nnU-Net takes.
        notes: what a user should know, one sentence each.
    """

    images: Images
    geometries: dict[str, Geometry]
    candidates: Candidates
    layout: str
    names: LabelNames
    names_source: Path | None
    channel_names: list[str]
    reader: str | None
    rewritten: set[str]
    notes: list[str]

    @property
    def cases(self) -> list[Candidate]:
        """All candidates, each one a case of the dataset."""
        return [candidate for candidates in self.candidates.values() for candidate in candidates]


def check(request: Request, progress: Progress) -> Preparation:
    """Check images and candidates; nothing is written.

    Args:
        request: what is to be prepared.
        progress: shows how far the reading is.

    Raises:
        InputError: something is wrong with the input.
    """
    notes: list[str] = []
    images = find_images(request.images, notes.append)
    found, layout = find_candidates(request.candidates, request.layout, notes.append, request.allow_doubtful)
    candidates = _match(images, found, request)
    geometries, channel_count = _read_images(images)
    cases = [candidate for image in candidates for candidate in candidates[image]]
    for case in cases:
        check_length(case.case)
    notes += _renamed(cases) + _without_spacing(cases, geometries)
    source = request.labels or _labels_beside(request.candidates, cases)
    declared = read_label_names(source) if source else None
    reading = each(
        partial(_look_at, images.ending),
        {image: (geometries[image], found) for image, found in candidates.items()},
        request.workers,
    )
    looks = dict(progress(reading, "Checking candidates", len(candidates)))
    sets, rewritten = LabelSets(), set()
    for candidate, look in zip(cases, (look for image in candidates for look in looks[image]), strict=True):
        notes += look.notes
        sets.add(candidate, look.values, look.graded)
        if look.rewritten:
            rewritten.add(candidate.case)
    sets.judge(notes.append, request.allow_doubtful)
    if declared is not None and (unnamed := sets.values.difference(declared.values)):
        raise InputError(
            f"{sets.holding(min(unnamed)).path} holds the label {min(unnamed)}, which {source} does not name; name it "
            f"there or give other names with -labels"
        )
    named = list(request.channels) or channel_names(source, channel_count)
    if len(named) != channel_count:
        raise InputError(f"-channels names {len(named)} channels, the images have {channel_count}; name each once")
    notes += _hounsfield(images, named)
    return Preparation(
        images=images,
        geometries=geometries,
        candidates=candidates,
        layout=layout,
        names=declared or label_names_of_values(sets.values),
        names_source=source,
        channel_names=named,
        reader=_reader(images, source, notes.append),
        rewritten=rewritten,
        notes=notes,
    )


def write(preparation: Preparation, folder: Path, progress: Progress) -> None:
    """Write the raw dataset ``folder``, whole or not at all.

    Raises:
        InputError: the file system of ``folder`` does not tell two cases apart.
    """
    images = preparation.images
    with new_dataset(folder) as temporary:
        for candidate in progress(preparation.cases, "Writing labels", len(preparation.cases)):
            target = temporary / LABELS_FOLDER / f"{candidate.case}{images.ending}"
            if target.exists():
                raise InputError(
                    f"the file system of {folder.parent} takes '{target.name}' for another case's file, whose name "
                    f"differs in capitals or accents; rename one"
                )
            if candidate.case in preparation.rewritten:
                write_label_map(read_label_map(candidate.path)[0], preparation.geometries[candidate.image], target)
            else:
                copy_label_map(candidate.path, target)
        write_dataset_json(
            temporary,
            {candidate.case: images.channels[candidate.image] for candidate in preparation.cases},
            preparation.names,
            preparation.channel_names,
            images.ending,
            **{READER: preparation.reader, "notes": preparation.notes or None},
        )


def _match(images: Images, candidates: Candidates, request: Request) -> Candidates:
    """The candidates of each image, under the image's own spelling of its name."""
    images_folder, folders = request.images, ", ".join(map(str, request.candidates))
    spelling = {spelled(image): image for image in images.channels}
    matched: Candidates = {}
    for image, found in candidates.items():
        name = spelling.get(spelled(image))
        if name is not None:
            matched[name] = [replace(candidate, image=name) for candidate in found]
            continue
        without, _, number = image.rpartition("_")
        if spelled(without) in spelling and number.isdecimal() and len(number) == 4:
            path = found[0].path
            right = path.name.replace(image, without, 1)
            raise InputError(f"{path}: label maps are named without the channel's number; rename it to {right}")
        raise InputError(
            f"{found[0].path} is a candidate of image '{image}', which is not in {images_folder}; "
            f"add {image}_0000{images.ending} or remove the candidate"
        )
    for image in images.channels:
        if image not in matched:
            raise InputError(f"image '{image}' has no candidate in {folders}; add one or remove the image")
    return dict(sorted(matched.items()))


def _read_images(images: Images) -> tuple[dict[str, Geometry], int]:
    """Geometry of each image, which its channels share to nnU-Net's tolerance, and the number of channels."""
    geometries: dict[str, Geometry] = {}
    count: int | None = None
    for image, channels in images.channels.items():
        headers = [read_image_header(path) for path in channels]
        geometries[image] = headers[0][1]
        for path, (_, geometry) in zip(channels, headers, strict=True):
            difference = geometries[image].difference(geometry)
            if difference is None and not np.allclose(geometry.spacing, geometries[image].spacing):
                difference = f"spacing {geometry.spacing}, which nnU-Net does not take for that"
            if difference is not None:
                raise InputError(f"{path} has {difference} in {channels[0].name}; resample it to that grid")
        if images.ending.lower() == ".nii" and len(geometries[image].size) != 3:
            raise InputError(f"{channels[0]} is 2D, which nnU-Net reads from .nii.gz and not from .nii; convert it")
        found = sum(number for number, _ in headers)
        if count not in (None, found):
            raise InputError(f"image '{image}' ({channels[0]}) has {found} channels, others have {count}; convert it")
        count = found
    return geometries, count or 0


@dataclass(frozen=True)
class _Look:
    """What was found in one candidate: label values, whether they change from voxel to voxel, and what is odd."""

    values: set[int]
    graded: bool
    rewritten: bool
    notes: list[str]


def _look_at(ending: str, item: tuple[Geometry, Sequence[Candidate]]) -> list[_Look]:
    """Read the candidates of one image, whose geometry comes first and whose files have ``ending``."""
    image, candidates = item
    looks = []
    for candidate in candidates:
        rewritten = _needs_rewriting(candidate, image, ending)
        noise: list[str] = []
        labels, _ = read_label_map(candidate.path, say=noise.append)
        values = values_of(labels)
        looks.append(_Look(values, is_graded(labels, len(values)), rewritten or bool(noise), noise))
    return looks


def _needs_rewriting(candidate: Candidate, image: Geometry, ending: str) -> bool:
    geometry = read_geometry(candidate.path)
    if not has_spacing(candidate.path):
        geometry = replace(geometry, spacing=image.spacing)
    difference = image.difference(geometry)
    if difference is not None:
        raise InputError(
            f"{candidate.path} has {difference} in image '{candidate.image}'; resample it to the image's grid"
        )
    return (
        ending_of(candidate.path) != ending
        or not has_spacing(candidate.path)
        or not _same_to_nnunet(image, geometry)
        or (image.orthonormal and needs_nibabel(candidate.path))
    )


def _renamed(cases: Sequence[Candidate]) -> list[str]:
    """A sentence about names that nnU-Net, or the split of a case id, would take for something else."""
    found = [one for one in cases if one.case != f"{one.image}{SEPARATOR}{one.name}"]
    if not found:
        return []
    return [
        f"{len(found)} cases have names that would be taken for something else and are escaped, such as "
        f"'{found[0].case}' for candidate '{found[0].name}' of image '{found[0].image}'; ds_fuse reads them back"
    ]


def _without_spacing(cases: Sequence[Candidate], geometries: Mapping[str, Geometry]) -> list[str]:
    """A sentence about 3D tifs without the file that has their spacing."""
    found = [one.path for one in cases if len(geometries[one.image].size) == 3 and not has_spacing(one.path)]
    if not found:
        return []
    return [
        f"{len(found)} tifs, such as {found[0]}, have no file with their spacing beside them; they get their image's"
    ]


def _reader(images: Images, source: Path | None, say: Say) -> str | None:
    """Name of nnU-Net's reader: the one that a dataset.json chooses, else NibabelIO where ITK refuses an image."""
    chosen = reader_of(source)
    if chosen is not None:
        say(f"nnU-Net reads the images with {chosen}, as {source} says")
        return chosen
    refused = [path for channels in images.channels.values() for path in channels if needs_nibabel(path)]
    if not refused:
        return None
    say(f"nnU-Net reads the images with NibabelIO, since ITK refuses {len(refused)} of them, such as {refused[0]}")
    return "NibabelIO"


def _hounsfield(images: Images, names: Sequence[str]) -> list[str]:
    """A sentence about channels that look like CT and are not named so."""
    sentences = []
    for number, name in enumerate(names):
        paths = [channels[number] for channels in list(images.channels.values())[:_LOOKED_AT] if number < len(channels)]
        if name.casefold() in _NORMALISATIONS or not paths or ending_of(paths[0]).lower() in (".png", ".bmp"):
            continue
        ranges = [(float(values.min()), float(values.max())) for values in (read_image(path)[0] for path in paths)]
        if all(-2048 <= low <= -300 and 0 < high <= 32767 for low, high in ranges):
            low, high = ranges[0]
            sentences.append(
                f"channel {number} looks like CT (Hounsfield units, {low:g} to {high:g} in {paths[0].name}) and is "
                f"called '{name}': nnU-Net chooses the normalisation by the name, and takes z-scores; -channels CT "
                f"makes it CT's"
            )
    return sentences


def _same_to_nnunet(one: Geometry, other: Geometry) -> bool:
    """Whether ``nnUNetv2_plan_and_preprocess --verify_dataset_integrity`` takes the geometries for equal."""
    return (
        np.allclose(other.spacing, one.spacing)
        and np.allclose(one.origin, other.origin)
        and np.allclose(one.direction, other.direction)
    )


def _labels_beside(candidate_folders: Sequence[Path], cases: Sequence[Candidate]) -> Path | None:
    """The dataset.json that lies with the candidates, or above a ``labelsTr``; the first of several that agree."""
    holding = [folder.absolute() for folder in [*candidate_folders, *(candidate.path.parent for candidate in cases)]]
    folders = dict.fromkeys(folder.parent if folder.name == LABELS_FOLDER else folder for folder in holding)
    files = [folder / "dataset.json" for folder in folders if is_there(folder / "dataset.json")]
    for path in files[1:]:
        if read_label_names(path) != read_label_names(files[0]):
            raise InputError(f"{files[0]} and {path} name the labels differently; choose the names with -labels")
    return files[0] if files else None
