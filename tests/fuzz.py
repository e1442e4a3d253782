"""Readers are given many broken files: each gives a result or one line.

``READER_EXAMPLES=5000 pytest -k any`` tries more files than the suite does, other ones each time. The suite tries the
same files each time, so that a failure is the same for everyone.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError

_EXAMPLES = os.environ.get("READER_EXAMPLES")

fuzz = settings(
    max_examples=int(_EXAMPLES or "150"),
    derandomize=_EXAMPLES is None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""Any value of JSON."""


def read_or_one_line(read: Callable[[Path], Any], path: Path) -> Any:
    """What a reader gives, or what it says in one line that names the file."""
    try:
        return read(path)
    except InputError as error:
        said = str(error)
    assert str(path) in said
    assert "\n" not in said
    return said


@st.composite
def changed(draw: st.DrawFn, content: Any) -> Any:
    """``content`` with a value somewhere in it exchanged for anything, or taken away."""

    def change(value: Any) -> Any:
        if not (isinstance(value, dict | list) and value) or draw(st.integers(0, 3)) == 0:
            return draw(anything)
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        other = value.copy()
        if draw(st.integers(0, 4)) == 0:
            del other[key]
        else:
            other[key] = change(other[key])
        return other

    return change(content)


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """``content`` with a piece cut out, exchanged or put in."""
    begin = draw(st.integers(0, len(content)))
    end = min(len(content), begin + draw(st.integers(0, 8) | st.integers(0, len(content))))
    return content[:begin] + draw(st.binary(max_size=8)) + content[end:]
