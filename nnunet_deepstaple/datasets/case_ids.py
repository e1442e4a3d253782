"""The id of a case: one name for an image and a candidate, from which both can be recovered.

``<image>__<candidate>`` is split at the last ``__``. A few characters are written as ``%XX`` where we or nnU-Net would
misread them:

- ``_``, where the candidate begins with it or has several in a row, because this would move the split;
- the ``s`` of a candidate that ends in ``_seg``, because nnU-Net's training does not see cases with such an id, and
  because the label map of a case ``x`` would overwrite the image of a case ``x_seg``;
- ``$``, because nnU-Net reads it as the start of an environment variable in a path;
- ``%`` itself, where it looks like one of these.
"""

import os
import re
import unicodedata

from ..errors import InputError

SEPARATOR = "__"

MAX_BYTES = 255 - len("_seg.b2nd")
"""Largest number of bytes of an id: file systems allow names of 255 bytes, and nnU-Net adds an ending."""

_ESCAPE = re.compile(r"%(24|25|5F|73)")
_IN_IMAGE = re.compile(rf"\$|%(?={_ESCAPE.pattern[1:]})")
_IN_CANDIDATE = re.compile(rf"{_IN_IMAGE.pattern}|(?<![^_])_|(?<![^_])s(?=eg\Z)")
_IN_DATASET = re.compile(rf"{_IN_IMAGE.pattern}|(?<=_)s(?=eg\Z)")


def case_id(image: str, candidate: str) -> str:
    """Id of the pair; :func:`split_case` returns the pair.

    Raises:
        InputError: image or candidate has no name.
    """
    if not (image and candidate):
        raise InputError(f"image '{image}' and candidate '{candidate}' cannot make a case; give each a name")
    return f"{_escape(_IN_IMAGE, image)}{SEPARATOR}{_escape(_IN_CANDIDATE, candidate)}"


def split_case(case: str) -> tuple[str, str]:
    """Image and candidate of a case id; an id that :func:`case_id` does not make is only split at its last ``__``.

    Raises:
        InputError: the id has no ``__``.
    """
    image, separator, candidate = case.rpartition(SEPARATOR)
    if not (separator and image and candidate):
        raise InputError(f"case '{case}' is not named <image>{SEPARATOR}<candidate>; rename it")
    plain = _unescape(image), _unescape(candidate)
    return plain if case_id(*plain) == case else (image, candidate)


def image_id(image: str) -> str:
    """Id of a case that consists of an image and its consensus."""
    return _escape(_IN_DATASET, image)


def spelled(name: str) -> str:
    """One spelling for names that look the same: an accented letter may be one character, or two as in macOS."""
    return unicodedata.normalize("NFC", name)


def comparable(case: str) -> str:
    """One form for all ids of the same pair: with one spelling, and escaped, also if an old version wrote the id."""
    case = spelled(case)
    try:
        return case_id(*split_case(case))
    except InputError:
        return case


def check_length(case: str) -> None:
    """Make sure that nnU-Net can make files with this id.

    Raises:
        InputError: the id is too long.
    """
    size = len(os.fsencode(case))
    if size > MAX_BYTES:
        raise InputError(
            f"case '{case}' has a name of {size} bytes, and nnU-Net's files can have {MAX_BYTES}; shorten the names of "
            f"the image or the candidate"
        )


def _escape(needed: re.Pattern[str], name: str) -> str:
    return needed.sub(lambda found: f"%{ord(found[0]):02X}", name)


def _unescape(name: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), name)
