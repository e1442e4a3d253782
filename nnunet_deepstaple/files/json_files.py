"""JSON files that hold an object, as a user, nnU-Net or this package writes them."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from ..errors import InputError
from .links import pointer
from .names import is_one_line
from .unreadable import unreadable


def read_json_object(path: Path, remedy: str = "correct it there") -> dict[str, Any]:
    """Read a JSON file that holds an object.

    Args:
        path: the file.
        remedy: what to do where it holds anything else.

    Raises:
        InputError: the file is missing or holds anything else.
    """
    try:
        written = path.read_bytes()
        content = json.loads(written.decode("utf-8-sig"), object_pairs_hook=partial(_each_once, path))
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not written in UTF-8 (byte {error.start}); save it in UTF-8") from error
    except (ValueError, RecursionError) as error:
        reason = pointer(written) or (
            "it is empty; write or copy it again" if not written.strip() else f"{error}; {remedy}"
        )
        raise InputError(f"{path} cannot be read as JSON ({reason})") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not a JSON object; {remedy}")
    return content


def _each_once(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Object of a JSON file, in which each name may stand once, the others would be dropped in silence, and on a line.

    Raises:
        InputError: a name is there twice, or has a control character.
    """
    found = dict(pairs)
    if odd := next((name for name in found if not is_one_line(name)), None):
        raise InputError(f"{path} has the name {odd!a}, which holds a control character; rename it")
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        shown = f"'{twice}'" if twice.isprintable() else ascii(twice)
        raise InputError(f"{path} has {shown} twice; give each its own name")
    return found
