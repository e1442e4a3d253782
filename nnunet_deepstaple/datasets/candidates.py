"""Which candidate label maps belong to which image."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files.label_maps import split_ending

SEPARATOR = "__"
LAYOUTS = ("flat", "by_candidate", "by_image")


@dataclass(frozen=True)
class Candidate:
    """One label map proposed for one image."""

    image: str
    name: str
    path: Path

    @property
    def case(self) -> str:
        """Id of the (image, candidate) pair, ``<image>__<candidate>``."""
        return f"{self.image}{SEPARATOR}{self.name}"


Candidates = dict[str, list[Candidate]]
"""Candidates of each image, both sorted by name."""


def split_case(case: str) -> tuple[str, str]:
    """Split a case id at its last ``__`` into image and candidate.

    Raises:
        InputError: the id has no ``__``.
    """
    image, separator, candidate = case.rpartition(SEPARATOR)
    if not (separator and image and candidate):
        raise InputError(f"case '{case}' is not named <image>{SEPARATOR}<candidate>")
    return image, candidate


def find_candidates(folders: Sequence[Path], layout: str | None = None) -> tuple[Candidates, str]:
    """List the candidates that lie in ``folders``.

    Args:
        folders: where to look.
        layout: ``flat`` (``<image>__<candidate><ending>``), ``by_candidate`` (``<candidate>/<image><ending>``; with
            several folders, each is one candidate) or ``by_image`` (``<image>/<candidate><ending>``). None
            chooses between the first two by what the folders hold.

    Returns:
        The candidates and the layout they were found in. Files that are no label maps are passed over.

    Raises:
        InputError: a folder is missing or empty, the layout cannot be told, or two files are the same candidate.
    """
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{folder} is not a folder; give the folder that holds the candidates")
    layout = layout or _tell_layout(folders)
    candidates: dict[str, dict[str, Candidate]] = defaultdict(dict)
    for candidate in _list(folders, layout):
        twin = candidates[candidate.image].setdefault(candidate.name, candidate)
        if twin is not candidate:
            raise InputError(
                f"{candidate.path} and {twin.path} are both candidate '{candidate.name}' of image "
                f"'{candidate.image}'; rename or remove one"
            )
    if not candidates:
        raise InputError(f"{_names(folders)}: no label maps found in layout '{layout}'; is -layout right?")
    return {image: [named[name] for name in sorted(named)] for image, named in sorted(candidates.items())}, layout


def _tell_layout(folders: Sequence[Path]) -> str:
    files = [path for folder in folders for path, _ in label_maps_in(folder)]
    paired = [path for path in files if SEPARATOR in path.name]
    if len(folders) == 1:
        subfolders = [folder for folder in _subfolders(folders[0]) if any(label_maps_in(folder))]
        if files and subfolders:
            raise InputError(
                f"{folders[0]} holds both label maps and folders of label maps; "
                f"say which are meant with -layout flat or -layout by_candidate"
            )
        if not files:
            return "by_candidate"
        return "flat"
    if files and len(paired) == len(files):
        raise InputError(
            f"{_names(folders)}: all names contain '{SEPARATOR}', so they could be <image>{SEPARATOR}<candidate> or "
            f"images with '{SEPARATOR}' in their id; say which with -layout flat or -layout by_candidate"
        )
    return "by_candidate"


def _list(folders: Sequence[Path], layout: str) -> Iterable[Candidate]:
    if layout == "flat":
        for folder in folders:
            for path, stem in label_maps_in(folder):
                try:
                    image, name = split_case(stem)
                except InputError as error:
                    raise InputError(
                        f"{path} is not named <image>{SEPARATOR}<candidate>; rename it or give another -layout"
                    ) from error
                yield Candidate(image, name, path)
    elif layout == "by_candidate":
        for folder in folders if len(folders) > 1 else _subfolders(folders[0]):
            for path, stem in label_maps_in(folder):
                yield Candidate(stem, folder.resolve().name, path)
    elif layout == "by_image":
        for parent in folders:
            for folder in _subfolders(parent):
                for path, stem in label_maps_in(folder):
                    yield Candidate(folder.name, stem, path)
    else:
        raise InputError(f"-layout {layout} is not known; choose one of {', '.join(LAYOUTS)}")


def label_maps_in(folder: Path) -> list[tuple[Path, str]]:
    """Label maps directly in ``folder`` with their names less the ending, sorted."""
    split = ((path, split_ending(path.name)) for path in sorted(folder.iterdir()))
    return [(path, parts[0]) for path, parts in split if parts is not None and path.is_file()]


def _subfolders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.name.startswith(".")]


def _names(folders: Sequence[Path]) -> str:
    return ", ".join(str(folder) for folder in folders)
