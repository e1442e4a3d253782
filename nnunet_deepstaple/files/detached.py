"""Headers that let another file be read: MetaImage and NRRD can keep their voxels elsewhere on the machine."""

import re
from pathlib import Path

_HEADER = 1 << 16
"""Bytes within which a header has to end."""

_META = re.compile(rb"^[ \t]*ElementDataFile[ \t]*[=:][ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_NRRD_END = re.compile(rb"\r?\n\r?\n")
_NRRD = re.compile(rb"^[ \t]*data ?file[ \t]*:[ \t]*([^\r\n]*)", re.MULTILINE | re.IGNORECASE)


def require_own_voxels(path: Path) -> None:
    """Make sure that an image file holds its voxels itself.

    Raises:
        OSError: the file cannot be read.
        ValueError: its header names another file for them, or has no end.
    """
    name = path.name.lower()
    if not name.endswith((".mha", ".nrrd")):
        return
    with path.open("rb") as file:
        start = file.read(_HEADER)
    if name.endswith(".mha"):
        found = _META.search(start)
        if found is None:
            raise ValueError("its header does not say where its voxels are; copy or make it again")
        elsewhere = found[1].strip().upper() != b"LOCAL"
    else:
        end = _NRRD_END.search(start)
        if end is None and len(start) == _HEADER:
            raise ValueError("its header has no end; copy or make it again")
        found = _NRRD.search(start[: end.start()] if end else start)
        elsewhere = found is not None
    if found is not None and elsewhere:
        other = found[1].decode(errors="replace").strip()[:100]
        raise ValueError(f"its voxels lie in another file, {other!a}; save it as one file")
