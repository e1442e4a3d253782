"""JSON files whose fields are declared: read into typed values, with one line for what does not fit."""

from pathlib import Path
from typing import Any, TypeVar

from ..errors import InputError
from .json_files import read_json_object

T = TypeVar("T")


def from_json(kind: type[T], content: object, path: Path, remedy: str) -> T:
    """Typed value of what a JSON file holds.

    Args:
        kind: a ``msgspec.Struct`` or dataclass.
        content: of the file.
        path: the file.
        remedy: what to do if the content does not fit.

    Raises:
        InputError: a field is missing, or of another type.
    """
    import msgspec  # noqa: PLC0415 (--help needs none of it)

    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise InputError(f"{path} is not as this package writes it ({error}); {remedy}") from error


def check_format(content: dict[str, Any], path: Path, known: int) -> None:
    """Refuse a record that a later version wrote.

    Args:
        content: of the file.
        path: the file.
        known: number of the latest format that this version reads.

    Raises:
        InputError: its ``format`` is later.
    """
    found = content.get("format", 0)
    if isinstance(found, int) and found > known:
        raise InputError(
            f"{path} has format {found}, and this version reads {known} and those before; update nnunet-deepstaple"
        )


def read_record_of_format(kind: type[T], path: Path, known: int, remedy: str) -> T:
    """Read a record whose ``format`` is at most ``known``.

    Raises:
        InputError: it cannot be read, does not fit ``kind``, or is of a later version.
    """
    content = read_json_object(path, remedy)
    check_format(content, path, known)
    return from_json(kind, content, path, remedy)


def to_json(value: object) -> Any:
    """Plain JSON of a typed value."""
    import msgspec  # noqa: PLC0415 (--help needs none of it)

    return msgspec.to_builtins(value)
