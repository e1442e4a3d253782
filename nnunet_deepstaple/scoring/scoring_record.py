"""The record beside a table of ds_score, as values: which logs the table was made from, and how."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from ..files.typed_json import read_record_of_format
from .data_parameters import DataParameterSettings

FORMAT = 1
"""Format number of the records that are written. Records without a number are of version 0.1.0 and before."""


class LogRecord(Struct, frozen=True):
    """A visit log that was replayed.

    Attributes:
        file: absolute path.
        sha256: of its content.
        epochs: of the training.
        visits: number of visits in the log.
        settings: the settings with which θ was learned.
    """

    file: str
    sha256: str
    epochs: int
    visits: int
    settings: DataParameterSettings


class ScoringRecord(Struct, frozen=True, kw_only=True):
    """How a score table was made.

    Attributes:
        format: of this record; 0 for version 0.1.0 and before.
        nnunet_deepstaple: version.
        numpy: version.
        options: the options of ``ds_score`` that were given.
        logs: the visit log of each fold.
        notes: what a user should know, one sentence each.
    """

    format: int = 0
    nnunet_deepstaple: str
    numpy: str
    options: dict[str, Any]
    logs: list[LogRecord]
    notes: list[str]


def read_scoring_record(path: Path) -> ScoringRecord:
    """Read the record beside a table of ``ds_score``.

    Raises:
        InputError: it cannot be read, is not such a record, or is of a later version.
    """
    return read_record_of_format(ScoringRecord, path, FORMAT, "score again with ds_score")
