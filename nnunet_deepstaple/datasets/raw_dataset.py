"""nnU-Net raw datasets that refer to images at their place and never copy them."""

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InputError
from ..files.atomic import atomic_folder, clear_temporaries, write_text, writing
from ..files.endings import require_writable_ending
from ..files.json_files import read_json_object
from ..files.lock import locked, require_free
from .case_ids import spelled
from .dataset_json import references
from .label_names import LabelNames
from .listing import LABELS_FOLDER, look_into, some
from .nnunet_folders import dataset_number, require_unused


@dataclass(frozen=True)
class Images:
    """Images of a folder.

    Attributes:
        channels: absolute paths of each image's channels, ``_0000`` first; images sorted by id.
        ending: the file ending they share.
    """

    channels: dict[str, list[Path]]
    ending: str


def find_images(folder: Path, say: Callable[[str], object] = str) -> Images:
    """List the images ``<image>_0000<ending>``, ``<image>_0001<ending>``, … of a folder.

    Other files (dataset.json, …) are ignored; ``say`` gets a sentence about files of unknown kinds.

    Raises:
        InputError: the folder is missing or has no images, a name lacks the channel, channels are missing, or
            endings differ.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give the folder that holds the images")
    numbered: dict[str, dict[int, Path]] = defaultdict(dict)
    endings: dict[str, Path] = {}
    listing = look_into(folder.absolute())
    if others := [*listing.unread, *listing.others, *listing.folders]:
        say(f"passed over in {folder}, being no images: {some(others, folder.absolute())}")
    for path, stem in listing.label_maps:
        ending = path.name[len(stem) :]
        match = re.fullmatch(r"(.+)_(\d{4})", stem, re.DOTALL)
        if match is None:
            raise InputError(f"{path} is not named <image>_0000{ending}; add the channel's number as nnU-Net needs it")
        if os.path.expandvars(path) != str(path):
            raise InputError(f"{path} holds a $, which nnU-Net takes for an environment variable; rename it")
        require_writable_ending(path)
        endings.setdefault(ending, path)
        numbered[match[1]][int(match[2])] = path
    if not numbered:
        raise InputError(
            f"{folder} holds no images named <image>_0000.nii.gz (or another ending that nnU-Net reads, and no dot at "
            f"the beginning); give the folder of the images, or rename them"
        )
    if len(endings) > 1:
        one, other, *_ = endings.values()
        raise InputError(
            f"{one} and {other.name} have different endings, and nnU-Net needs one in a dataset; convert some"
        )
    if len({spelled(image) for image in numbered}) < len(numbered):
        alike = [ascii(image) for image in numbered if sum(spelled(one) == spelled(image) for one in numbered) > 1]
        raise InputError(f"{folder}: images {' and '.join(alike)} look the same, their accents differ; rename one")
    count = max(len(channels) for channels in numbered.values())
    for image, channels in numbered.items():
        missing = [number for number in range(count) if number not in channels]
        if missing:
            there = channels[max(channels)]
            raise InputError(
                f"{folder}: image '{image}' has no channel {missing[0]:04d}; every image needs the same channels (if "
                f"{there.name} is an image by itself, rename it to {there.name.removesuffix(ending)}_0000{ending})"
            )
    return Images(
        {image: [channels[number] for number in range(count)] for image, channels in sorted(numbered.items())},
        next(iter(endings)),
    )


def require_nobody_makes(folder: Path) -> None:
    """Make sure that no other run is making a dataset with this id, before the work of making it.

    Raises:
        InputError: one is.
    """
    require_free(_lock_of(folder), folder)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f".Dataset{dataset_number(folder.name):03d}.lock")


@contextmanager
def new_dataset(folder: Path) -> Iterator[Path]:
    """Give a temporary folder to fill, and rename it to ``folder`` if the block ends without error.

    Raises:
        InputError: another run is making a dataset with this id or has made one meanwhile, or it cannot be written.
    """
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        clear_temporaries(folder.parent, {folder.name})
        with locked(_lock_of(folder), folder):
            require_unused(folder.name)
            with atomic_folder(folder) as temporary:
                (temporary / LABELS_FOLDER).mkdir()
                yield temporary


ANNOTATES = "annotates"
"""The key of a case in dataset.json that lists what it annotates, if it does not annotate everything."""

MEANS = "means"
"""The key of dataset.json that holds names for several labels each."""

READER = "overwrite_image_reader_writer"
"""The key of dataset.json that chooses nnU-Net's reader."""


def reader_of(dataset_json: Path | None) -> str | None:
    """nnU-Net's reader that a dataset.json chooses; None where the file ending decides."""
    named = read_json_object(dataset_json).get(READER) if dataset_json else None
    return named if isinstance(named, str) and named != "None" else None


def channel_names(dataset_json: Path | None, count: int) -> list[str]:
    """Channel names of a dataset.json, if it has ``count`` of them, else ``channel_<number>``."""
    named = named_channels(dataset_json) if dataset_json else None
    return named if named is not None and len(named) == count else numbered_channels(count)


def named_channels(dataset_json: Path) -> list[str] | None:
    """Channel names of a dataset.json, which nnU-Net v1 called modalities; None where it has none.

    Numbers may be ``0``, ``0000``, or start at 1. Names and numbers may be exchanged. Or names are a list in order.

    Raises:
        InputError: the names are in another form.
    """
    content = read_json_object(dataset_json)
    key = "channel_names" if "channel_names" in content else "modality"
    named = content.get(key)
    if named is None:
        return None
    if isinstance(named, list):
        named = dict(enumerate(named))
    if isinstance(named, dict):
        for pairs in (named.items(), ((number, name) for name, number in named.items())):
            numbers = {int(number): name for number, name in pairs if str(number).isdecimal() and len(str(number)) < 5}
            listed = [numbers[number] for number in sorted(numbers)]
            whole = set(numbers) in (set(range(len(named))), set(range(1, len(named) + 1)))
            if whole and named and all(isinstance(name, str) and name.strip() for name in listed):
                return listed
    form = '{"0": "CT"}'
    raise InputError(f'{dataset_json}: "{key}" does not name each channel by its number; write it as {form}')


def numbered_channels(count: int) -> list[str]:
    """Names of channels that nobody has named."""
    return [f"channel_{number}" for number in range(count)]


def write_dataset_json(
    folder: Path,
    cases: Mapping[str, Sequence[Path]],
    names: LabelNames,
    channels: Sequence[str],
    ending: str,
    annotated: Mapping[str, Sequence[str]] | None = None,
    **extra: Any,
) -> None:
    """Write the dataset.json of a raw dataset that refers to its images.

    Args:
        folder: the dataset's folder; the label of a case is ``labelsTr/<case><ending>`` in it.
        cases: absolute paths of the images (channels) of each case.
        names: label names.
        channels: names of the channels; nnU-Net chooses the normalisation by them (``CT``).
        ending: file ending of images and labels.
        annotated: names that a case annotates, for the cases that do not annotate everything.
        **extra: further entries; entries that are None are left out.
    """
    content: dict[str, Any] = {
        "channel_names": {str(number): name for number, name in enumerate(channels)},
        "labels": names.labels,
        "numTraining": len(cases),
        "file_ending": ending,
        "converted_by": f"nnunet-deepstaple {__version__}",
        **{key: value for key, value in extra.items() if value is not None},
    }
    if names.regions_class_order is not None:
        content["regions_class_order"] = names.regions_class_order
    content["dataset"] = {
        case: {"images": [str(path) for path in channels], "label": f"{LABELS_FOLDER}/{case}{ending}"}
        | ({ANNOTATES: list(annotated[case])} if annotated and case in annotated else {})
        for case, channels in sorted(cases.items())
    }
    write_text(folder / "dataset.json", json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_case_images(folder: Path) -> dict[str, list[Path]]:
    """Absolute paths of the images (channels) that each case of a raw dataset uses.

    Raises:
        InputError: dataset.json is missing or is not JSON; or it has no ``dataset``, with the images of each case, and
            there is no ``imagesTr``.
    """
    path = folder / "dataset.json"
    named = references(read_json_object(path), path)
    if named is None:
        return find_images(folder / "imagesTr").channels
    return {case: [folder.absolute() / os.path.expandvars(path) for path in paths] for case, paths in named.items()}
