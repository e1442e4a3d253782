"""Images and their candidates → an nnU-Net raw dataset with one case for each (image, candidate) pair."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.endings import NIFTI, has_spacing
from ..files.geometry import Geometry
from ..files.grids import OUTSIDE, remedy
from ..files.image_files import needs_nibabel, read_image
from ..files.label_maps import (
    copy_label_map,
    ending_of,
    read_geometry,
    read_image_header,
    write_label_map,
)
from ..processes import Workers, each
from ..progress import Progress
from .candidates import Candidate, Candidates, Say, find_candidates
from .case_ids import SEPARATOR, check_length
from .common_labels import CommonReader
from .duplicate_candidates import duplicate_candidates
from .image_looks import ImageLook, judge, look_at_image, odd_spacings
from .label_names import IGNORE, LabelNames, label_names_of_values
from .label_sets import LabelSets, is_graded, values_of
from .matching import match
from .raw_dataset import LABELS_FOLDER, MEANS, READER, Images, find_images, new_dataset, write_dataset_json
from .settings import DatasetSettings, datasets_beside, read_settings
from .spacing_files import images_without_spacing, labels_without_spacing
from .unlike import SourceRequest, ask_about, sources_of

_LOOKED_AT = 3
"""Number of images that are searched for Hounsfield units."""

_NORMALISATIONS = ("ct", "nonorm", "zscore", "rescale_0_1", "rescale_to_0_1", "rgb_to_0_1")
"""Names of channels by which nnU-Net chooses a normalisation."""


@dataclass(frozen=True)
class PrepareRequest:
    """What to prepare.

    Attributes:
        images: folder of images ``<image>_0000<ending>``, …
        candidates: folders of candidates.
        layout: their layout, see :func:`~nnunet_deepstaple.datasets.candidates.find_candidates`.
        labels: file of label names; None takes them from the candidates' dataset.json or from the values found.
        channels: names of the channels; if empty, they come from ``labels`` or from the candidates' dataset.json.
        allow_doubtful: only note what makes a result doubtful, instead of refusing it.
        sources: what the label values of each source mean (``sources.json``, :mod:`.sources`).
        all_annotate: each source annotates all labels, even labels that it never shows.
        resample: resample candidates to their image's grid.
        workers: who reads the files (:func:`~nnunet_deepstaple.processes.each`).
        trust_images: do not read the images' voxels.
    """

    images: Path
    candidates: Sequence[Path]
    layout: str | None = None
    labels: Path | None = None
    channels: Sequence[str] = ()
    allow_doubtful: bool = False
    sources: Path | None = None
    all_annotate: bool = False
    resample: bool = False
    workers: Workers = 1
    trust_images: bool = False


@dataclass(frozen=True)
class Preparation:
    """A raw dataset that is ready to be written, because everything in it has been checked.

    Attributes:
        images: the images.
        geometries: geometry of each image.
        candidates: candidates of each image.
        layout: layout in which the candidates were found.
        names: label names.
        names_source: the file that gives the label names; None when they were made from the values found.
        channel_names: name of each channel.
        reader: nnU-Net's reader; None where the file ending decides.
        rewritten: cases whose file cannot be copied unchanged, because nnU-Net does not accept its ending, the form of
            its header, or float noise in its geometry or its values.
        notes: what a user should know, one sentence each.
        common: reads the candidates in the numbers that all sources share.
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
    common: CommonReader

    @property
    def cases(self) -> list[Candidate]:
        """All candidates, each one a case of the dataset."""
        return [candidate for candidates in self.candidates.values() for candidate in candidates]


def check(request: PrepareRequest, progress: Progress) -> Preparation:
    """Check images and candidates without writing anything.

    Args:
        request: what to prepare.
        progress: shows how far the reading is.

    Raises:
        InputError: something is wrong with the input.
    """
    notes: list[str] = []
    images = find_images(request.images, notes.append)
    found, layout = find_candidates(
        request.candidates, request.layout, notes.append, request.allow_doubtful, images.channels
    )
    candidates = match(images, found, request.images, request.candidates)
    asking = SourceRequest(
        request.sources, request.labels, request.all_annotate, request.allow_doubtful, request.workers
    )
    candidates, sources = sources_of(candidates, layout, asking, notes.append, progress)
    common = CommonReader(sources, request.resample)
    geometries, channel_count = _read_images(images)
    cases = [candidate for image in candidates for candidate in candidates[image]]
    for case in cases:
        check_length(case.case)
    notes += (
        duplicate_candidates(candidates)
        + _renamed(cases)
        + images_without_spacing(images, geometries)
        + labels_without_spacing(cases, geometries)
    )
    beside = datasets_beside(request.candidates, cases)
    own = beside[:1] if sources else beside  # each source has label names of its own
    settings = read_settings(request.labels, request.channels, own, channel_count, notes.append)
    ask_about(candidates, sources, asking, beside, notes.append)
    reading = each(
        partial(_look_at, images.ending, common),
        {
            image: (geometries[image], found, [] if request.trust_images else images.channels[image])
            for image, found in candidates.items()
        },
        request.workers,
    )
    looks = dict(progress(reading, "Checking images and candidates", len(candidates)))
    reader = _reader(images, settings, notes.append)
    seen = [look for image in candidates for look in looks[image].images]
    zeroed = images.ending.lower() in NIFTI and (reader or "SimpleITK").startswith("SimpleITK")
    judge(seen, zeroed, notes.append, request.allow_doubtful)
    notes += odd_spacings(geometries, images.channels)
    sets, rewritten = LabelSets(), set()
    of_candidates = (look for image in candidates for look in looks[image].candidates)
    for candidate, look in zip(cases, of_candidates, strict=True):
        notes += look.notes
        sets.add(candidate, look.values, look.graded)
        if look.rewritten:
            rewritten.add(candidate.case)
    doubts: list[str] = []
    sets.judge(doubts.append, request.allow_doubtful)
    names = sources.label_names(needs_ignore=False) if sources else _names(settings, sets, doubts)
    if any(look.silent for image in candidates for look in looks[image].candidates) and names.ignore_label is None:
        names = LabelNames({**names.labels, IGNORE: names.values[-1] + 1}, names.regions_class_order)
    notes += [*doubts, *_hounsfield(images, settings.channels)]
    return Preparation(
        images=images,
        geometries=geometries,
        candidates=candidates,
        layout=layout,
        names=names,
        names_source=settings.source,
        channel_names=settings.channels,
        reader=reader,
        rewritten=rewritten,
        notes=notes,
        common=common,
    )


def write(preparation: Preparation, folder: Path, progress: Progress) -> None:
    """Write the raw dataset ``folder``; if this fails, there is no partial dataset.

    Raises:
        InputError: it cannot be written, another run is making a dataset with this id, or two cases have the same name
            for the file system.
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
                geometry = preparation.geometries[candidate.image]
                labels, _ = preparation.common.read(candidate, geometry)
                if preparation.names.ignore_label is not None and preparation.common:
                    labels = np.where(labels == OUTSIDE, preparation.names.ignore_label, labels)
                write_label_map(labels, geometry, target)
            else:
                copy_label_map(candidate.path, target)
        write_dataset_json(
            temporary,
            {candidate.case: images.channels[candidate.image] for candidate in preparation.cases},
            preparation.names,
            preparation.channel_names,
            images.ending,
            _annotated(preparation),
            **{
                READER: preparation.reader,
                MEANS: (sources.vocabulary.means if (sources := preparation.common.sources) else {}) or None,
                "notes": preparation.notes or None,
            },
        )


def _annotated(preparation: Preparation) -> dict[str, list[str]]:
    """Names that a case annotates, for the cases that do not annotate everything."""
    sources = preparation.common.sources
    if sources is None:
        return {}
    found = {case.case: sources.annotated_by([case]) for case in preparation.cases}
    return {case: names for case, names in found.items() if names is not None}


def _read_images(images: Images) -> tuple[dict[str, Geometry], int]:
    """Geometry of each image, equal for its channels within nnU-Net's tolerance, and the number of channels."""
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
                remedy = geometries[image].remedy(geometry)
                raise InputError(f"{path} has {difference} in {channels[0].name}; {remedy}")
        if images.ending.lower() == ".nii" and len(geometries[image].size) != 3:
            raise InputError(f"{channels[0]} is 2D, which nnU-Net reads from .nii.gz and not from .nii; convert it")
        found = sum(number for number, _ in headers)
        if count not in (None, found):
            raise InputError(f"image '{image}' ({channels[0]}) has {found} channels, others have {count}; convert it")
        count = found
    return geometries, count or 0


@dataclass(frozen=True)
class _Look:
    """What was found in one candidate: label values, whether they change from voxel to voxel, and what is odd.

    ``silent`` is whether it says nothing about some voxels, which then get the ignore label.
    """

    values: set[int]
    graded: bool
    rewritten: bool
    notes: list[str]
    silent: bool


@dataclass(frozen=True)
class _Looks:
    """What was found in the candidates of one image, and in its channels, if they were read."""

    images: list[ImageLook]
    candidates: list[_Look]


def _look_at(ending: str, common: CommonReader, item: tuple[Geometry, Sequence[Candidate], Sequence[Path]]) -> _Looks:
    """Read the candidates and channels of one image; its geometry comes first, and its files have ``ending``."""
    image, candidates, channels = item
    looks = []
    for candidate in candidates:
        rewritten = common.resample or _needs_rewriting(candidate, image, ending) or bool(common)
        noise: list[str] = []
        labels, _ = common.read(candidate, image, noise.append)
        values = values_of(labels)
        silent = bool(common) and OUTSIDE in values
        values -= {OUTSIDE} if silent else set()
        looks.append(_Look(values, is_graded(labels, len(values)), rewritten or bool(noise), noise, silent))
    return _Looks([look_at_image(path) for path in channels], looks)


def _needs_rewriting(candidate: Candidate, image: Geometry, ending: str) -> bool:
    geometry = read_geometry(candidate.path)
    if not has_spacing(candidate.path):
        geometry = replace(geometry, spacing=image.spacing)
    difference = image.difference(geometry)
    if difference is not None:
        raise InputError(f"{candidate.path} has {difference} in image '{candidate.image}': {remedy(image, geometry)}")
    return (
        ending_of(candidate.path) != ending
        or not has_spacing(candidate.path)
        or not _same_to_nnunet(image, geometry)
        or (image.orthonormal and needs_nibabel(candidate.path))
    )


def _renamed(cases: Sequence[Candidate]) -> list[str]:
    """A sentence about names that nnU-Net, or the split of a case id, would misread."""
    found = [one for one in cases if one.case != f"{one.image}{SEPARATOR}{one.name}"]
    if not found:
        return []
    return [
        f"{len(found)} cases have names that would be taken for something else and are escaped, such as "
        f"'{found[0].case}' for candidate '{found[0].name}' of image '{found[0].image}'; ds_fuse reads them back"
    ]


def _names(settings: DatasetSettings, sets: LabelSets, doubts: Sequence[str]) -> LabelNames:
    """Label names as they were given, or else made from the values.

    Raises:
        InputError: a value has no name, or the values are not consecutive; ``doubts`` may explain why.
    """
    files = sets.files
    try:
        if settings.names is None:
            return label_names_of_values(files, files[max(files)] if files else None)
        if unnamed := sorted(set(files).difference(settings.names.values)):
            raise InputError(
                f"{files[unnamed[0]]} holds the label {unnamed[0]}, which {settings.source} does not name; correct the "
                f"label map, name the label there, or give other names with -labels"
            )
    except InputError as error:
        raise InputError(f"{doubts[0]} If so, mend that first; else {error}" if doubts else str(error)) from error
    return settings.names


def _reader(images: Images, settings: DatasetSettings, say: Say) -> str | None:
    """Name of nnU-Net's reader: as a dataset.json chooses, or else NibabelIO if ITK refuses an image."""
    if settings.reader is not None:
        say(f"nnU-Net reads the images with {settings.reader}, as {settings.reader_source} says")
        return settings.reader
    refused = [path for channels in images.channels.values() for path in channels if needs_nibabel(path)]
    if not refused:
        return None
    say(f"nnU-Net reads the images with NibabelIO, since ITK refuses {len(refused)} of them, such as {refused[0]}")
    return "NibabelIO"


def _hounsfield(images: Images, names: Sequence[str]) -> list[str]:
    """A sentence about channels that look like CT but have another name."""
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
    """Whether ``nnUNetv2_plan_and_preprocess --verify_dataset_integrity`` accepts the geometries as equal."""
    return (
        np.allclose(other.spacing, one.spacing)
        and np.allclose(one.origin, other.origin)
        and np.allclose(one.direction, other.direction)
    )
