"""What a user or files say about a dataset: names of labels and channels, and nnU-Net's reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..errors import InputError
from ..files.links import is_there
from .candidates import Candidate, Say
from .label_names import LabelNames, read_label_names
from .listing import LABELS_FOLDER
from .raw_dataset import named_channels, numbered_channels, reader_of

T = TypeVar("T")


@dataclass(frozen=True)
class DatasetSettings:
    """What a user or a dataset.json says.

    Attributes:
        names: label names; None where nobody gives them.
        source: the file that gives them.
        channels: name of each channel.
        reader: nnU-Net's reader; None where the file ending decides.
        reader_source: the file that chooses it.
    """

    names: LabelNames | None
    source: Path | None
    channels: list[str]
    reader: str | None
    reader_source: Path | None


def read_settings(
    labels: Path | None, channels: Sequence[str], beside: Sequence[Path], channel_count: int, say: Say
) -> DatasetSettings:
    """Collect the settings of a dataset.

    Args:
        labels: file of label names that the user gives; all that it says has priority.
        channels: names of channels that the user gives.
        beside: each dataset.json that lies with the candidates.
        channel_count: channels of the images.
        say: gets a sentence about what cannot be used.

    Raises:
        InputError: nnU-Net cannot train on what a file says, several files contradict each other, or names do not fit
            to the channels.
    """
    names, source = _said(
        read_label_names, labels, beside, "name the labels differently; choose the names with -labels"
    )
    readers = "choose different readers of nnU-Net; make them agree"
    reader, reader_source = _said(reader_of, labels, beside, readers)
    if reader is not None:
        _check_reader(reader, reader_source)
    return DatasetSettings(
        names, source, _channels(labels, channels, beside, channel_count, say), reader, reader_source
    )


def datasets_beside(folders: Sequence[Path], candidates: Sequence[Candidate]) -> list[Path]:
    """Each dataset.json that lies with candidates, or above a ``labelsTr``.

    Args:
        folders: folders of candidates.
        candidates: what was found in them.

    Raises:
        InputError: one is a broken link.
    """
    holding = [folder.absolute() for folder in [*folders, *(candidate.path.parent for candidate in candidates)]]
    homes = dict.fromkeys(folder.parent if folder.name == LABELS_FOLDER else folder for folder in holding)
    return [home / "dataset.json" for home in homes if is_there(home / "dataset.json")]


def _said(
    read: Callable[[Path], T | None], given: Path | None, beside: Sequence[Path], differing: str
) -> tuple[T | None, Path | None]:
    """What the given file says, or else the files beside the candidates, and the file that says it."""
    if given is not None and (said := read(given)) is not None:
        return said, given
    found = [(said, path) for path in beside if (said := read(path)) is not None]
    for said, path in found[1:]:
        if said != found[0][0]:
            raise InputError(f"{found[0][1]} and {path} {differing}")
    return found[0] if found else (None, None)


def _channels(labels: Path | None, channels: Sequence[str], beside: Sequence[Path], count: int, say: Say) -> list[str]:
    if channels:
        if len(channels) != count:
            raise InputError(f"-channels names {len(channels)} channels, the images have {count}; name each once")
        return list(channels)
    named, source = _said(named_channels, labels, beside, "name the channels differently; name them with -channels")
    if named is not None and len(named) == count:
        return named
    if named is not None:
        say(
            f"{source} names {len(named)} channels and the images have {count}, so its names are not used; -channels "
            f"names them"
        )
    return numbered_channels(count)


def _check_reader(name: str, source: Path | None) -> None:
    from nnunetv2.imageio.reader_writer_registry import recursive_find_reader_writer_by_name  # noqa: PLC0415 (slow)

    try:
        recursive_find_reader_writer_by_name(name)
    except RuntimeError as error:
        raise InputError(f"{source} chooses the reader '{name}', which nnU-Net does not have; correct it") from error
