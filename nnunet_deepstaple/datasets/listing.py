"""What lies in a folder: every entry is used, or is known to be something else, or is reported."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..files.endings import ENDINGS, split_ending
from ..files.json_files import read_json_object
from ..files.links import dead_link, exists, is_there
from ..files.names import is_one_line

LABELS_FOLDER = "labelsTr"
FUSION_RECORD = "fusion.json"
"""File that ds_fuse writes beside its results; a folder with this file is not a candidate."""

_UNFINISHED_FUSION = "fusion.part_*_of_*.jsonl"

_FOLDERS_ICON = "Icon\r"
"""Name that macOS gives to the icon of a folder."""

_KNOWN = (".json", ".csv", ".tsv", ".txt", ".md", ".log", ".pkl", ".npz", "thumbs.db", "desktop.ini")
"""Endings of files beside label maps that are not label maps: records, tables, probabilities, system files."""

_UNREAD = (
    *(".mgz", ".mgh", ".img", ".hdr", ".mhd", ".raw", ".zraw", ".nhdr", ".nia", ".mnc", ".minc", ".par", ".rec"),
    *(".dcm", ".ima", ".nii.bz2", ".nii.xz", ".nii.zst", ".h5", ".hdf5", ".npy", ".vtk", ".vti", ".bdv", ".zarr"),
    *(".jpg", ".jpeg", ".jp2", ".gif", ".webp", ".ppm", ".pgm", ".svs"),
)
"""Endings of files that may be label maps, in formats that nnU-Net cannot read."""


@dataclass
class Listing:
    """Entries of a folder, sorted.

    Attributes:
        label_maps: files with an ending of nnU-Net's readers, with their names without the ending.
        folders: folders that may hold label maps.
        fusions: folders that ds_fuse wrote.
        unread: files that may be label maps but that nothing here can read.
        others: all other entries of unknown kinds.
    """

    label_maps: list[tuple[Path, str]] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    fusions: list[Path] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)


def look_into(folder: Path) -> Listing:
    """List a folder.

    Hidden entries (``._x``, ``.DS_Store``), ``__MACOSX`` and files such as ``dataset.json`` are known and ignored.

    Raises:
        InputError: the folder is missing or may not be read, an entry is a broken link, or its name cannot be used.
    """
    found = Listing()
    ending = _ending_of_dataset(folder)
    for path in entries(folder):
        lower = path.name.lower()
        if path.name == "__MACOSX":
            continue
        if path.is_dir():
            (found.fusions if is_fusion(path) else found.folders).append(path)
        elif not exists(path):
            if not lower.endswith(_KNOWN):
                raise dead_link(path)
        elif (parts := split_label_map(path.name, ending)) is not None:
            if not path.is_file():
                raise InputError(f"{path} is neither a file nor a folder; remove it")
            found.label_maps.append((path, parts[0]))
        elif lower.endswith(_UNREAD) or any(f"{known}{mark}" in lower for known in ENDINGS for mark in ".~ "):
            found.unread.append(path)
        elif not lower.endswith(_KNOWN):
            found.others.append(path)
    used = {stem for _, stem in found.label_maps}
    found.others += [path for path in found.unread if _stem(path) in used]  # a picture of a label map, a backup of it
    found.unread = [path for path in found.unread if _stem(path) not in used]
    return found


def label_maps_in(folder: Path) -> list[tuple[Path, str]]:
    """Label maps directly in ``folder`` with their names without the ending, sorted."""
    return look_into(folder).label_maps


def entries(folder: Path) -> list[Path]:
    """Entries of a folder that are not hidden, sorted.

    Raises:
        InputError: the folder is missing or may not be read, a file in it was not downloaded, or a name in it cannot be
            written to a text file.
    """
    try:
        everything = sorted(path for path in folder.iterdir() if path.name != _FOLDERS_ICON)
    except OSError as error:
        raise InputError(f"{folder} cannot be listed ({error.strerror}); give a folder that you may read") from error
    for path in everything:
        if placeholder := re.fullmatch(r"\.(.+)\.icloud", path.name):
            raise InputError(f"{folder / placeholder[1]} is in iCloud and not on this disk; download it first")
    found = [path for path in everything if not path.name.startswith(".")]
    for path in found:
        if not is_one_line(path.name):
            raise InputError(f"{str(path)!a} has a control character in its name, or one that is no Unicode; rename it")
    return found


def is_fusion(folder: Path) -> bool:
    """Whether ds_fuse has written into a folder."""
    try:
        return os.path.lexists(folder / FUSION_RECORD) or any(folder.glob(_UNFINISHED_FUSION))
    except OSError:
        return False


def split_label_map(name: str, ending: str | None) -> tuple[str, str] | None:
    """Split a name as :func:`split_ending` does; in a dataset, which has one ``ending``, split it at this ending."""
    if ending and name.lower().endswith(ending.lower()) and len(name) > len(ending):
        return name[: -len(ending)], name[-len(ending) :]
    return split_ending(name)


def some(paths: Iterable[Path], folder: Path | None = None) -> str:
    """The first few names, and how many more there are."""
    names = [str(path.relative_to(folder)) if folder else str(path) for path in paths]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _ending_of_dataset(folder: Path) -> str | None:
    """File ending that nnU-Net's dataset.json gives the labels in ``labelsTr``; None elsewhere."""
    beside = folder.absolute().parent / "dataset.json"
    if folder.absolute().name != LABELS_FOLDER or not is_there(beside):
        return None
    ending = read_json_object(beside).get("file_ending")
    return ending if isinstance(ending, str) else None


def _stem(path: Path) -> str:
    """Name without everything that may be an ending."""
    lower = path.name.lower()
    at = [lower.rfind(ending) for ending in (*ENDINGS, *_UNREAD)]
    return path.name[: min((place for place in at if place > 0), default=len(lower))]
