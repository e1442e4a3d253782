"""A preprocessed folder while it is being made, so that a kill at any moment loses at most the images in work.

nnU-Net takes every ``.b2nd`` in a preprocessed folder for a case, so nothing unfinished may ever lie there. While
``DATA`` is being made, these lie beside it::

    DATA.unfinished/request.json      what the folder is to be made of
    DATA.unfinished/images/<case>/    the files of all cases of an image, there when they are whole
    DATA.unfinished/record.json       what was made of what, there when every image is
    DATA.unfinished/whole/            the files of all images, in one folder

At the end ``whole`` takes the name ``DATA``, and the record lies beside it as ``ds_preprocess_DATA.json``.
"""

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..files.atomic import atomic_folder, write_text, writing
from ..files.json_files import read_json_object
from ..files.typed_json import from_json, to_json
from .record import FORMAT, PreprocessedImage, PreprocessRecord, read_record, record_file

RESULT = "result.json"


def finished_record(data: Path, cases: Iterable[str], request: dict[str, Any]) -> PreprocessRecord | None:
    """Record of a preprocessed folder that was made of ``request`` and is whole; None if there is none.

    Raises:
        InputError: its record cannot be read.
    """
    file = record_file(data)
    record = read_record(file) if file.is_file() else None
    if record is None or record.request != request:
        return None
    files = {path.name for path in data.iterdir()} if data.is_dir() else set()
    whole = all(f"{case}{ending}" in files for case in cases for ending in (".b2nd", "_seg.b2nd", ".pkl"))
    return record if whole else None


class Unfinished:
    """The folder ``DATA.unfinished``."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.path = data.with_name(f"{data.name}.unfinished")
        self._request = self.path / "request.json"
        self._images = self.path / "images"
        self._whole = self.path / "whole"
        self._record = self.path / "record.json"

    def begin(self, request: dict[str, Any], *, keep: bool) -> None:
        """Make the folder, or keep what an earlier run left in it.

        Args:
            request: what the folder is to be made of, as JSON gives it back: ``files`` of each image, and settings.
            keep: whether to go on with what an earlier run made with the same settings, where files are the same too.

        Raises:
            InputError: that run had other settings, or the folder cannot be made.
        """
        earlier = _read(self._request)
        if keep and earlier is not None:
            differing = [key for key in request if key != "files" and request[key] != earlier.get(key)]
            if differing:
                raise InputError(f"{self.path} was begun with other {', '.join(differing)}; run without --continue")
        with writing(self.path):
            if not keep or earlier is None or (earlier != request and self._record.is_file()):
                self.remove()
                earlier = request
            self._images.mkdir(parents=True, exist_ok=True)
            for name, files in earlier["files"].items():
                if request["files"].get(name) != files and (self._images / name).is_dir():
                    (self._images / name).rename(self._images / f".{name}")
            write_text(self._request, json.dumps(request))
            for left in self._images.glob(".*"):
                shutil.rmtree(left)

    def remove(self) -> None:
        """Remove the folder; without its request it counts for nothing, wherever a kill interrupts that."""
        self._request.unlink(missing_ok=True)
        if self.path.is_dir():
            shutil.rmtree(self.path)

    def missing(self, images: Iterable[str]) -> list[str]:
        """Images that are still to be made."""
        return [] if self._record.is_file() else [name for name in images if not (self._images / name).is_dir()]

    @contextmanager
    def image(self, name: str) -> Iterator[Path]:
        """Give a folder for the files of an image, which counts when the block ends without error.

        On a cluster, an image of a worker that was given up may be made twice; the first to end counts.
        """
        whole = self._images / name
        try:
            with atomic_folder(whole) as folder:
                yield folder
        except OSError:
            if not whole.is_dir():
                raise

    def finish(self, request: dict[str, Any], images: Iterable[str]) -> PreprocessRecord:
        """Make the preprocessed folder of all images, in place of an earlier one, and give its record."""
        final = record_file(self._data)
        with writing(self._data):
            if not self._record.is_file():
                results = {name: _read_result(self._images / name / RESULT) for name in images}
                record = PreprocessRecord(format=FORMAT, request=request, images=results)
                write_text(self._record, json.dumps(to_json(record), indent=1) + "\n")
            self._whole.mkdir(exist_ok=True)
            for folder in filter(Path.is_dir, map(self._images.joinpath, images)):
                (folder / RESULT).unlink(missing_ok=True)
                for file in folder.iterdir():
                    file.rename(self._whole / file.name)
                folder.rmdir()
            final.unlink(missing_ok=True)
            if self._data.is_dir():
                self._data.rename(self.path / "earlier")
            copy = self.path / final.name
            shutil.copyfile(self._record, copy)
            copy.rename(final)
            self._whole.rename(self._data)
            self.remove()
        return read_record(final)


def _read(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    return read_json_object(file, "run without --continue")


def _read_result(file: Path) -> PreprocessedImage:
    return from_json(PreprocessedImage, _read(file), file, "run ds_preprocess without --continue")
