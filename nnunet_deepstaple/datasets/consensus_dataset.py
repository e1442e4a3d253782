"""A normal nnU-Net raw dataset of the images and their consensus."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.endings import ending_of, split_ending
from ..files.json_files import read_json_object
from ..files.label_maps import copy_label_map
from ..files.links import is_there
from .candidates import Candidates
from .case_ids import check_length, comparable, image_id, spelled
from .label_names import IGNORE, LabelNames, read_label_names
from .listing import LABELS_FOLDER
from .nnunet_folders import parse_dataset_name, require_free
from .raw_dataset import (
    MEANS,
    READER,
    channel_names,
    find_images,
    new_dataset,
    read_case_images,
    reader_of,
    write_dataset_json,
)

PREDICTION = "predict_from_raw_data_args.json"
"""File that nnUNetv2_predict writes into its output folder; it names the folder of the images."""


@dataclass(frozen=True)
class NewDataset:
    """A dataset that can be written as soon as its images are fused.

    Attributes:
        folder: ``nnUNet_raw/Dataset702_Name``.
        images: absolute paths of the channels of each image.
        channel_names: names of the channels.
        ending: file ending of the labels.
        reader: nnU-Net's reader, where the candidates' dataset.json chooses one.
    """

    folder: Path
    images: dict[str, list[Path]]
    channel_names: list[str]
    ending: str
    reader: str | None


def dataset_json_beside(folders: Sequence[Path], candidates: Candidates) -> Path | None:
    """The dataset.json that belongs to the candidates; None if there is none.

    It lies above a ``labelsTr``, or else in a folder of candidates.

    Raises:
        InputError: there are several, and they name the labels differently.
    """
    files = [path for folder in _homes(folders, candidates) if is_there(path := folder / "dataset.json")]
    for path in files[1:]:
        if read_label_names(path) != read_label_names(files[0]):
            raise InputError(f"{files[0]} and {path} name the labels differently; fuse them apart, or remove one")
    return files[0] if files else None


def ignore_label_beside(folders: Sequence[Path], candidates: Candidates) -> int | None:
    """The ignore label that a dataset.json of the candidates names; None if none does.

    Raises:
        InputError: another dataset.json gives the same value another name, or names another value.
    """
    named: dict[Path, dict[str, Any]] = {}
    for folder in _homes(folders, candidates):
        if is_there(path := folder / "dataset.json"):
            labels = read_json_object(path).get("labels")
            named[path] = labels if isinstance(labels, dict) else {}
    ignored = {path: labels[IGNORE] for path, labels in named.items() if isinstance(labels.get(IGNORE), int)}
    if not ignored:
        return None
    first, value = next(iter(ignored.items()))
    for path, labels in named.items():
        for name, other in labels.items():
            if (name == IGNORE) != (other == value or (isinstance(other, list) and value in other)):
                raise InputError(
                    f"{first} names {value} as the ignore label, and {path} has '{name}': {other}; fuse them apart, or "
                    f"make them agree"
                )
    return int(value)


def plan_dataset(name: str, folders: Sequence[Path], candidates: Candidates, dataset_json: Path | None) -> NewDataset:
    """Find out all that a new dataset needs, except the labels.

    Args:
        name: ``702_Name``.
        folders: folders of candidates: the ``labelsTr`` of a raw dataset, or outputs of ``nnUNetv2_predict``.
        candidates: the candidates in them.
        dataset_json: the dataset.json of the candidates.

    Raises:
        InputError: the name is not valid for a new dataset, an image cannot be found, or candidates have several file
            endings.
    """
    target = require_free(parse_dataset_name(name))
    found = images_of_candidates(folders, candidates)
    for image in candidates:
        check_length(image_id(image))
        if image not in found:
            raise InputError(
                f"-d_out does not know the image of '{image}': give -i the labelsTr of a raw dataset, or outputs of "
                f"nnUNetv2_predict with their {PREDICTION}"
            )
    images = {image: found[image] for image in candidates}
    for channels in images.values():
        for path in channels:
            if not path.is_file():
                raise InputError(f"{path}, an image for -d_out, is missing; put it back")
    endings = sorted({ending_of(one.path) for named in candidates.values() for one in named[:1]})
    if len(endings) > 1:
        raise InputError(f"-d_out needs candidates of one file ending, not {' and '.join(endings)}; convert some")
    count = len(next(iter(images.values())))
    return NewDataset(target, images, channel_names(dataset_json, count), endings[0], reader_of(dataset_json))


def images_of_candidates(folders: Sequence[Path], candidates: Candidates) -> dict[str, list[Path]]:
    """Paths of the channels of each image, for the images that nnU-Net's records beside the candidates name.

    Raises:
        InputError: such a record cannot be read.
    """
    found: dict[str, list[Path]] = {}
    for home in _homes(folders, candidates):
        found = {**{spelled(image): channels for image, channels in _images_of(home, candidates).items()}, **found}
    return {image: found[spelled(image)] for image in candidates if spelled(image) in found}


def write_dataset(
    new: NewDataset,
    names: LabelNames,
    fused: Path,
    annotated: Mapping[str, Sequence[str] | None] | None = None,
    means: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write the dataset, with copies of the label maps in ``fused``; if this fails, there is no partial dataset.

    Args:
        new: the dataset.
        names: of its labels.
        fused: where the label maps lie.
        annotated: names that some candidate annotates in each image, None for all.
        means: names that each stand for several other names.
    """
    with new_dataset(new.folder) as temporary:
        for image in new.images:
            copy_label_map(fused / f"{image}{new.ending}", temporary / LABELS_FOLDER / f"{image_id(image)}{new.ending}")
        cases = {image_id(image): channels for image, channels in new.images.items()}
        partial = {image_id(image): some for image, some in (annotated or {}).items() if some is not None}
        more = {READER: new.reader, MEANS: means or None}
        write_dataset_json(temporary, cases, names, new.channel_names, new.ending, partial, **more)


def _homes(folders: Sequence[Path], candidates: Candidates) -> list[Path]:
    """Folders that may hold nnU-Net's records about the candidates."""
    holding = [*folders, *(one.path.parent for found in candidates.values() for one in found)]
    absolute = dict.fromkeys(folder.absolute() for folder in holding)
    return [folder.parent if folder.name == LABELS_FOLDER else folder for folder in absolute]


def _images_of(home: Path, candidates: Candidates) -> dict[str, list[Path]]:
    """Channels of the images from which the dataset or the predictions in ``home`` were made."""
    if (home / LABELS_FOLDER).is_dir() and is_there(home / "dataset.json"):
        of_case = {comparable(case): channels for case, channels in read_case_images(home).items()}
        cases = {image: [comparable(one.case) for one in found] for image, found in candidates.items()}
        known = {image: [case for case in found if case in of_case] for image, found in cases.items()}
        return {image: of_case[found[0]] for image, found in known.items() if found}
    if is_there(home / PREDICTION):
        return _predicted(home / PREDICTION)
    return {}


def _predicted(record: Path) -> dict[str, list[Path]]:
    """Channels of the images from which predictions were made, according to the record of nnUNetv2_predict."""
    source = read_json_object(record, "predict again").get("list_of_lists_or_source_folder")
    if isinstance(source, str):
        if not Path(source).is_dir():
            raise InputError(
                f"{record} says that the images lie in {source}, which is not a folder; put them back there"
            )
        return find_images(Path(source)).channels
    try:
        lists = [[Path(path) for path in channels] for channels in source or []]
        return {_image_id(channels[0]): channels for channels in lists}
    except (TypeError, LookupError) as error:
        raise InputError(f"{record} does not name the images that were predicted; predict again") from error


def _image_id(channel: Path) -> str:
    stem, _ = split_ending(channel.name) or (channel.stem, "")
    return re.sub(r"_\d{4}$", "", stem)
