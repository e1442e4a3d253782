"""Images and their candidates → an nnU-Net raw dataset with one case for each (image, candidate) pair."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..files.geometry import Geometry
from ..files.label_maps import ending_of, read_geometry, read_image_header, read_label_map, write_label_map
from .candidates import Candidate, Candidates, find_candidates
from .label_names import LabelNames, label_names_of_values, read_label_names
from .raw_dataset import (
    LABELS_FOLDER,
    Images,
    channel_names,
    copy_label_map,
    find_images,
    new_dataset,
    write_dataset_json,
)

Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps a sequence and its title, and shows how far an iteration over it is."""


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
        rewritten: candidates whose file cannot be copied as it is, because the ending or the geometry's float
            noise differs from the image.
    """

    images: Images
    geometries: dict[str, Geometry]
    candidates: Candidates
    layout: str
    names: LabelNames
    names_source: Path | None
    channel_names: list[str]
    rewritten: list[Candidate]

    @property
    def cases(self) -> list[Candidate]:
        """All candidates, each one a case of the dataset."""
        return [candidate for candidates in self.candidates.values() for candidate in candidates]


def check(
    images_folder: Path,
    candidate_folders: Sequence[Path],
    layout: str | None,
    labels_file: Path | None,
    progress: Progress,
) -> Preparation:
    """Check images and candidates; nothing is written.

    Args:
        images_folder: images ``<image>_0000<ending>``, …
        candidate_folders: folders of candidates.
        layout: their layout, see :func:`~nnunet_deepstaple.datasets.candidates.find_candidates`.
        labels_file: label names; None takes them from the candidates' dataset.json or from the values found.
        progress: shows how far the reading is.

    Raises:
        InputError: something is wrong with the input.
    """
    images = find_images(images_folder)
    candidates, layout = find_candidates(candidate_folders, layout)
    _match(images, candidates, images_folder, candidate_folders)
    geometries, channel_count = _read_images(images)
    cases = [candidate for image in candidates for candidate in candidates[image]]
    rewritten = [
        candidate
        for candidate in progress(cases, "Checking geometry")
        if _needs_rewriting(candidate, geometries[candidate.image], images)
    ]
    source = labels_file or _labels_beside(candidate_folders, cases)
    declared = read_label_names(source) if source else None
    found = set()
    for candidate in progress(cases, "Checking labels"):
        values = _values(candidate)
        if declared is not None and not values.issubset(declared.values):
            raise InputError(
                f"{candidate.path} holds the label {min(values.difference(declared.values))}, which {source} does "
                f"not name; name it there or give other names with -labels"
            )
        found |= values
    return Preparation(
        images=images,
        geometries=geometries,
        candidates=candidates,
        layout=layout,
        names=declared or label_names_of_values(found),
        names_source=source,
        channel_names=channel_names(source, channel_count),
        rewritten=rewritten,
    )


def write(preparation: Preparation, folder: Path, progress: Progress) -> None:
    """Write the raw dataset ``folder``, whole or not at all."""
    images = preparation.images
    rewritten = {candidate.case for candidate in preparation.rewritten}
    with new_dataset(folder) as temporary:
        for candidate in progress(preparation.cases, "Writing labels"):
            target = temporary / LABELS_FOLDER / f"{candidate.case}{images.ending}"
            if candidate.case in rewritten:
                write_label_map(read_label_map(candidate.path)[0], preparation.geometries[candidate.image], target)
            else:
                copy_label_map(candidate.path, target)
        write_dataset_json(
            temporary,
            {candidate.case: images.channels[candidate.image] for candidate in preparation.cases},
            preparation.names,
            preparation.channel_names,
            images.ending,
        )


def _match(images: Images, candidates: Candidates, images_folder: Path, candidate_folders: Sequence[Path]) -> None:
    for image, found in candidates.items():
        if image not in images.channels:
            raise InputError(
                f"{found[0].path} is a candidate of image '{image}', which is not in {images_folder}; "
                f"add {image}_0000{images.ending} or remove the candidate"
            )
    for image in images.channels:
        if image not in candidates:
            raise InputError(
                f"image '{image}' has no candidate in {', '.join(map(str, candidate_folders))}; "
                f"add one or remove the image"
            )


def _read_images(images: Images) -> tuple[dict[str, Geometry], int]:
    """Geometry of each image, which its channels share to nnU-Net's tolerance, and the number of channels."""
    geometries: dict[str, Geometry] = {}
    count: int | None = None
    for image, channels in images.channels.items():
        headers = [read_image_header(path) for path in channels]
        geometries[image] = headers[0][1]
        for path, (_, geometry) in zip(channels, headers, strict=True):
            difference = geometries[image].difference(geometry)
            if difference is None and not _same_to_nnunet(geometries[image], geometry):
                difference = "float noise in spacing, origin or direction"
            if difference is not None:
                raise InputError(f"{path} has {difference} in {channels[0].name}; resample it to that grid")
        found = sum(number for number, _ in headers)
        if count not in (None, found):
            raise InputError(f"image '{image}' ({channels[0]}) has {found} channels, others have {count}; convert it")
        count = found
    return geometries, count or 0


def _needs_rewriting(candidate: Candidate, image: Geometry, images: Images) -> bool:
    geometry = read_geometry(candidate.path)
    difference = image.difference(geometry)
    if difference is not None:
        raise InputError(
            f"{candidate.path} has {difference} in image '{candidate.image}'; resample it to the image's grid"
        )
    return ending_of(candidate.path) != images.ending or not _same_to_nnunet(image, geometry)


def _same_to_nnunet(one: Geometry, other: Geometry) -> bool:
    """Whether ``nnUNetv2_plan_and_preprocess --verify_dataset_integrity`` takes the geometries for equal."""
    return (
        np.allclose(other.spacing, one.spacing)
        and np.allclose(one.origin, other.origin)
        and np.allclose(one.direction, other.direction)
    )


def _values(candidate: Candidate) -> set[int]:
    labels, _ = read_label_map(candidate.path)
    return set(np.flatnonzero(np.bincount(labels.ravel())).tolist())


def _labels_beside(candidate_folders: Sequence[Path], cases: Sequence[Candidate]) -> Path | None:
    """The dataset.json that lies with the candidates, or above a ``labelsTr``; the first of several that agree."""
    holding = [folder.absolute() for folder in [*candidate_folders, *(candidate.path.parent for candidate in cases)]]
    folders = dict.fromkeys(folder.parent if folder.name == LABELS_FOLDER else folder for folder in holding)
    files = [folder / "dataset.json" for folder in folders if (folder / "dataset.json").is_file()]
    for path in files[1:]:
        if read_label_names(path) != read_label_names(files[0]):
            raise InputError(f"{files[0]} and {path} name the labels differently; choose the names with -labels")
    return files[0] if files else None
