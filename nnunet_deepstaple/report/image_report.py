"""One image of a report: read its files once, write its page, and keep its numbers."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import __version__
from ..errors import InputError
from ..files.atomic import write_text, writing
from ..files.fingerprint import file_state
from ..files.geometry import Geometry
from ..files.image_files import read_grey
from .atlases import atlas_maps
from .count import count_image
from .drawing import draw
from .image_votes import read_image_votes
from .inputs import ImageInputs
from .numbers import ImageNumbers, from_json, to_json
from .pages import Frame, image_page

PAGES, NUMBERS = "images", "numbers"
"""Folders of the pages and of the numbers."""


@dataclass(frozen=True)
class PageContext:
    """Where the images of a report are made, and what they share.

    Attributes:
        folder: of the report; the folders in it exist.
        frame: what all pages share.
    """

    folder: Path
    frame: Frame


def report_image(context: PageContext, inputs: ImageInputs) -> ImageNumbers:
    """Read an image's files, write its page, and keep its numbers beside it.

    Raises:
        InputError: a file cannot be read, lies on another grid, or cannot be written.
    """
    mark = stamp(context.frame, inputs)
    votes = read_image_votes(inputs)
    numbers = count_image(inputs, votes)
    image = None if inputs.channel is None else _read_image(inputs.channel, inputs, votes.geometry)
    atlases = atlas_maps(votes, inputs)
    drawings = draw(votes, numbers.candidates, image, atlases)
    winners = atlases.winners if atlases else []
    page = image_page(context.frame, numbers, drawings, votes.map.labels.tolist(), winners)
    path = _page_path(context.folder, inputs)
    with writing(path):
        write_text(path, page)
        write_text(_numbers_path(context.folder, inputs), json.dumps({"stamp": mark}) + "\n" + to_json(numbers) + "\n")
    return numbers


def earlier_numbers(folder: Path, frame: Frame, inputs: ImageInputs) -> ImageNumbers | None:
    """Numbers that an earlier run computed from the same files; None if there are none, or a file has changed."""
    path = _numbers_path(folder, inputs)
    if not (path.is_file() and _page_path(folder, inputs).is_file()):
        return None
    try:
        with path.open(encoding="utf-8") as file:
            made_of = json.loads(file.readline())["stamp"]
        numbers = read_numbers(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None  # damaged, so they are computed again
    return numbers if made_of == stamp(frame, inputs) else None


def read_numbers(path: Path) -> ImageNumbers:
    """Read the numbers of one image from the file in which a report keeps them."""
    return from_json(path.read_text(encoding="utf-8").split("\n", 1)[1])


def files_of(folder: Path, inputs: ImageInputs) -> list[Path]:
    """The files of an image in a report."""
    return [_page_path(folder, inputs), _numbers_path(folder, inputs)]


def stamp(frame: Frame, inputs: ImageInputs) -> str:
    """One hash of all that the page of an image depends on: its current files, and all that is known about it."""
    states = [(str(path.absolute()), *file_state(path)) for path in inputs.files]
    return hashlib.sha256(f"{__version__} {frame} {inputs} {states}".encode(errors="surrogateescape")).hexdigest()


def _page_path(folder: Path, inputs: ImageInputs) -> Path:
    return folder / PAGES / f"{inputs.page}.html"


def _numbers_path(folder: Path, inputs: ImageInputs) -> Path:
    return folder / NUMBERS / f"{inputs.page}.json"


def _read_image(path: Path, inputs: ImageInputs, grid: Geometry) -> np.ndarray:
    values, geometry = read_grey(path)
    difference = grid.difference(geometry)
    if difference is not None:
        raise InputError(f"{path} has {difference} in {inputs.candidates[0].path}; give the images of these candidates")
    return values
