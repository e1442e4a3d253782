"""The record beside a preprocessed folder, as values: what it was made of, and what came out."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from ..files.typed_json import read_record_of_format

PREFIX = "ds_preprocess_"
"""Beginning of a record's file name."""

FORMAT = 1
"""Of the records that are written. Records without a number are of version 0.1.0 and before."""


class PreprocessedImage(Struct, frozen=True):
    """What was made of an image.

    Attributes:
        spilling: its cases with labels outside the nonzero area, in a configuration that normalises within that area.
        stored: size in bytes and time of change (ns) of the image that its cases share; None where they share none.
        linked_from: the file of another dataset that it is.
        copied: whether the file system has no hard links, so that each case has a copy.
    """

    spilling: list[str] = []
    stored: list[int] | None = None
    linked_from: str | None = None
    copied: bool = False


class PreprocessRecord(Struct, frozen=True, kw_only=True):
    """What a preprocessed folder was made of, and what came out.

    Attributes:
        format: of this record; 0 for version 0.1.0 and before.
        request: all that the folder depends on (:func:`.requests.request`).
        images: what was made of each image, by its first case.
    """

    format: int = 0
    request: dict[str, Any]
    images: dict[str, PreprocessedImage]

    @property
    def files(self) -> Mapping[str, Any]:
        """Files that each image was made of, by its first case."""
        return self.request["files"]


def record_file(data: Path) -> Path:
    """Where the record of a preprocessed folder lies."""
    return data.with_name(f"{PREFIX}{data.name}.json")


def read_record(path: Path) -> PreprocessRecord:
    """Read the record of a preprocessed folder.

    Raises:
        InputError: it cannot be read, or is none, or of a later version.
    """
    return read_record_of_format(PreprocessRecord, path, FORMAT, "remove it, and run ds_preprocess on its dataset anew")
