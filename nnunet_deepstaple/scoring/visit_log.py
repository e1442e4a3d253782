"""The visit log: what was seen of each case, visit by visit, in one file to which epochs are appended.

``visits.gz`` is a chain of gzip members. The first member holds the header (one line of JSON). Each further member
holds the visits of one epoch as binary records of fixed size. ``gzip`` reads the chain as one stream. Each member has a
checksum, so the reader notices a member that is incomplete because the process was killed. In Python::

    from nnunet_deepstaple.scoring.visit_log import read_visit_log
    log = read_visit_log("nnUNet_results/…/fold_0/visits.gz")
    log.visits["cost"], log.visits["epoch"], [log.cases[i] for i in log.visits["case"]]
"""

import json
import math
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.case_ids import split_case
from ..errors import InputError
from ..files.unreadable import unreadable
from .data_parameters import DataParameterSettings

FILE_NAME = "visits.gz"
_FORMAT = 1
_GZIP = 16 + zlib.MAX_WBITS  # tells zlib that a stream is in gzip format
_CHUNK = 1 << 16
_HEADER = 1 << 28
"""Largest number of bytes in a header: enough for the names of a million cases."""
_LABELS = 65535
_FEW = 1 << 16
"""Any log may hold this many visits, even if they are compressed to almost nothing."""
_REMEDY = "it is written by the DeepSTAPLE trainers; take their file, or train again"


def record_type(classes: int) -> np.dtype:
    """Type of one visit with C classes or regions: 24 + 12·C bytes before compression."""
    return np.dtype(
        [
            ("epoch", "<u2"),
            ("iteration", "<u2"),
            ("case", "<u4"),  # index into the header's cases
            ("cost", "<f4"),  # cross-entropy, voxel mean
            ("voxels", "<u4"),
            ("labelled", "<u4"),  # foreground voxels of the candidate
            ("predicted", "<u4"),  # foreground voxels of the network
            ("tp", "<u4", (classes,)),
            ("fp", "<u4", (classes,)),
            ("fn", "<u4", (classes,)),
        ]
    )


@dataclass
class VisitLog:
    """A visit log in memory.

    Attributes:
        train: ids of the training cases.
        val: ids of the cases that are used only for validation.
        labels: names of the C foreground classes or regions.
        settings: how the run that wrote the log learned its data parameters.
        visits: all visits in the order they were made, of :func:`record_type`.
        lost_bytes: bytes of an incomplete last member, which is not in ``visits``.
    """

    train: list[str]
    val: list[str]
    labels: list[str]
    settings: DataParameterSettings
    visits: np.ndarray
    lost_bytes: int = 0

    @classmethod
    def empty(
        cls, train: Sequence[str], val: Sequence[str], labels: Sequence[str], settings: DataParameterSettings
    ) -> "VisitLog":
        """Log of a training that has not begun."""
        return cls(sorted(train), sorted(val), list(labels), settings, np.zeros(0, record_type(len(labels))))

    @property
    def cases(self) -> list[str]:
        """All cases, the training cases first; ``visits["case"]`` indexes them."""
        return self.train + self.val

    @property
    def epochs(self) -> int:
        """Epochs so far."""
        return int(self.visits["epoch"].max()) + 1 if len(self.visits) else 0

    @property
    def visits_by_epoch(self) -> list[np.ndarray]:
        """The visits of each epoch, in order of time."""
        return np.split(self.visits, np.flatnonzero(np.diff(self.visits["epoch"])) + 1)


def first_late_epoch(epochs: int, part: float) -> int:
    """First epoch of the last ``part`` of ``epochs`` epochs; that part has at least one epoch."""
    return min(int((1 - part) * epochs + 1e-9), epochs - 1)


def latest(log: VisitLog, part: float) -> VisitLog:
    """The log with only the visits of the last ``part`` of its epochs, but at least of one epoch."""
    return replace(log, visits=log.visits[log.visits["epoch"] >= first_late_epoch(log.epochs, part)])


def create_visit_log(path: Path, log: VisitLog) -> None:
    """Start the file of ``log`` at ``path`` and replace any file there; only the header is written, not the visits."""
    header = {
        "format": _FORMAT,
        "train": log.train,
        "val": log.val,
        "labels": log.labels,
        "settings": asdict(log.settings),
    }
    path.write_bytes(_compress(json.dumps(header).encode() + b"\n"))


def append_epoch(path: Path, visits: np.ndarray) -> None:
    """Append the visits of one epoch, and make sure that they are on the disk."""
    with path.open("ab") as file:
        file.write(_compress(visits.tobytes()))
        file.flush()
        os.fsync(file.fileno())


def read_visit_log(path: Path | str) -> VisitLog:
    """Read a log up to its last complete epoch; the bytes of an incomplete last member are counted, not read.

    Raises:
        InputError: the file is missing or is not a visit log.
    """
    path = Path(path)
    members = _members(path)
    first, end = next(members, (b"", 0))
    log = _header(first, path)
    width = record_type(len(log.labels))
    most = max(_FEW, path.stat().st_size)  # even compressed, a visit takes at least a byte
    visits = bytearray()
    for content, member_end in _members(path, begin=end, most=most * width.itemsize):
        _check(content, log, path)
        visits += content
        end = member_end
    return replace(log, visits=np.frombuffer(visits, width), lost_bytes=path.stat().st_size - end)


def resume_visit_log(path: Path, log: VisitLog, epoch: int, *, cut: bool) -> VisitLog:
    """Read the log of a training that continues, up to the epoch of its checkpoint.

    Args:
        path: the file.
        log: cases, labels and settings of the training that continues.
        epoch: the next epoch; visits from this epoch on belong to iterations that the checkpoint did not see.
        cut: remove these visits from the file.

    Raises:
        InputError: the log is missing, ends before that epoch, or belongs to other cases or labels.
    """
    found = read_visit_log(path)
    if (found.train, found.val, found.labels) != (log.train, log.val, log.labels):
        raise InputError(f"{path} belongs to other cases or labels than this training; train anew without --c")
    if found.epochs < epoch:
        raise InputError(
            f"{path} ends after epoch {found.epochs}, the checkpoint after epoch {epoch}; restore the log that belongs "
            f"to the checkpoint, or train anew without --c"
        )
    found.visits = found.visits[found.visits["epoch"] < epoch]
    if cut:
        os.truncate(path, _end_of_epoch(path, epoch, found.visits.dtype))
    return found


def _end_of_epoch(path: Path, epoch: int, width: np.dtype) -> int:
    (_, end), *members = _members(path)
    for content, member_end in members:
        if np.frombuffer(content, width)["epoch"][0] >= epoch:
            break
        end = member_end
    return end


def _compress(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=_GZIP)
    return compressor.compress(content) + compressor.flush()


def _members(path: Path, begin: int = 0, most: int | None = None) -> Iterator[tuple[bytes, int]]:
    """Content of each complete member, with the file position after it.

    Args:
        path: the file.
        begin: position of the first member.
        most: largest number of bytes that all members together may unpack to; None for the limit of a header.

    Raises:
        InputError: the file cannot be read, or unpacks to more.
    """
    try:
        compressed = memoryview(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    position, left = begin, most or _HEADER
    while position < len(compressed):
        decompressor = zlib.decompressobj(wbits=_GZIP)
        content = bytearray()
        while not decompressor.eof:
            if position == len(compressed):
                return
            chunk = compressed[position : position + _CHUNK]
            try:
                content += decompressor.decompress(chunk, left + 1 - len(content))
            except zlib.error:
                return
            if len(content) > left:
                raise InputError(f"{path} unpacks to more visits than it can hold; {_REMEDY}")
            position += len(chunk) - len(decompressor.unconsumed_tail) - len(decompressor.unused_data)
        yield bytes(content), position
        left = left - len(content) if most else _HEADER


def _header(content: bytes, path: Path) -> VisitLog:
    """The log of a header, without visits."""
    try:
        header = json.loads(content)
        if header["format"] != _FORMAT:
            raise ValueError
        log = VisitLog.empty(header["train"], header["val"], header["labels"], _settings(header["settings"]))
        for name in ("train", "val", "labels"):
            if not isinstance(header[name], list) or not all(isinstance(one, str) for one in header[name]):
                raise TypeError
        if len(log.labels) > _LABELS or len({*log.cases}) != len(log.cases) or len({*log.labels}) != len(log.labels):
            raise ValueError
        for case in log.cases:
            split_case(case)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as error:
        raise InputError(f"{path} is not a visit log of this version; {_REMEDY}") from error
    return replace(log, train=header["train"], val=header["val"])


def _settings(written: dict[str, Any]) -> DataParameterSettings:
    """Settings of a header.

    Raises:
        TypeError, ValueError: these are not settings.
    """
    settings = DataParameterSettings(**written)
    numbers = [settings.learning_rate, settings.initial_value, 0 if settings.clamp is None else settings.clamp]
    switches = (settings.fixed_weighting, settings.risk_regularisation)
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError
    if not all(type(switch) is bool for switch in switches) or type(settings.warm_up) is not int:
        raise TypeError
    if settings.baseline not in ("batch", "running") or settings.warm_up < 0 or settings.learning_rate <= 0:
        raise ValueError
    return settings


def _check(content: bytes, log: VisitLog, path: Path) -> None:
    """Make sure that one epoch holds visits of the cases in the header."""
    width = record_type(len(log.labels))
    if len(content) % width.itemsize == 0:
        visits = np.frombuffer(content, width)
        if ((visits["case"] < len(log.cases)) & (visits["epoch"] == visits["epoch"][:1])).all():
            return
    raise InputError(f"{path} holds visits that do not fit its header; {_REMEDY}")
