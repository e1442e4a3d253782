"""One image of a report: its files are read once, its page is written, its numbers are kept."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import __version__
from ..errors import InputError
from ..files.atomic import write_text, writing
from ..files.geometry import Geometry
from ..files.image_files import read_grey
from .ballot import read_ballot
from .count import count_image
from .drawing import draw
from .numbers import ImageNumbers, from_json, to_json
from .pages import Frame, image_page
from .study import Subject

PAGES, NUMBERS = "images", "numbers"
"""Folders of the pages and of the numbers."""


@dataclass(frozen=True)
class Desk:
    """Where and with what the images of a report are made.

    Attributes:
        folder: of the report; the folders in it exist.
        frame: what all pages share.
    """

    folder: Path
    frame: Frame


def report_image(desk: Desk, subject: Subject) -> ImageNumbers:
    """Read an image's files, write its page, and keep its numbers beside it.

    Raises:
        InputError: a file cannot be read, lies on another grid, or cannot be written.
    """
    mark = stamp(desk.frame, subject)
    ballot = read_ballot(subject)
    numbers = count_image(subject, ballot)
    image = None if subject.channel is None else _read_image(subject.channel, subject, ballot.geometry)
    drawings = draw(ballot, numbers.candidates, image)
    page = image_page(desk.frame, numbers, drawings, ballot.votes.labels.tolist())
    path = _page_path(desk.folder, subject)
    with writing(path):
        write_text(path, page)
        write_text(_numbers_path(desk.folder, subject), json.dumps({"stamp": mark}) + "\n" + to_json(numbers) + "\n")
    return numbers


def earlier_numbers(folder: Path, frame: Frame, subject: Subject) -> ImageNumbers | None:
    """Numbers that an earlier run left of the very same files; None if there are none, or they have changed."""
    path = _numbers_path(folder, subject)
    if not (path.is_file() and _page_path(folder, subject).is_file()):
        return None
    with path.open(encoding="utf-8") as file:
        made_of = json.loads(file.readline())["stamp"]
    return read_numbers(path) if made_of == stamp(frame, subject) else None


def read_numbers(path: Path) -> ImageNumbers:
    """Read the numbers of one image from the file that a report keeps them in."""
    return from_json(path.read_text(encoding="utf-8").split("\n", 1)[1])


def files_of(folder: Path, subject: Subject) -> list[Path]:
    """What an image leaves in a report."""
    return [_page_path(folder, subject), _numbers_path(folder, subject)]


def stamp(frame: Frame, subject: Subject) -> str:
    """What the page of an image depends on, in a word: its files as they are now, and all that is known of it."""
    states = [(str(path.absolute()), *_state(path)) for path in subject.files]
    return hashlib.sha256(f"{__version__} {frame} {subject} {states}".encode(errors="surrogateescape")).hexdigest()


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _page_path(folder: Path, subject: Subject) -> Path:
    return folder / PAGES / f"{subject.page}.html"


def _numbers_path(folder: Path, subject: Subject) -> Path:
    return folder / NUMBERS / f"{subject.page}.json"


def _read_image(path: Path, subject: Subject, grid: Geometry) -> np.ndarray:
    values, geometry = read_grey(path)
    difference = grid.difference(geometry)
    if difference is not None:
        raise InputError(
            f"{path} has {difference} in {subject.candidates[0].path}; give the images of these candidates"
        )
    return values
