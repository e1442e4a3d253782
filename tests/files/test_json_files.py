"""JSON that is none, and whose remedy is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.json_files import read_json_object

from ..fuzz import damaged, fuzz, read_or_one_line


@pytest.mark.parametrize("content", [b"[1]", b'"text"', b"{", b""])
def test_the_remedy_is_that_of_the_file(tmp_path, content):
    path = tmp_path / "plans.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"plans\.json .*(; plan again|it is empty)") as caught:
        read_json_object(path, "plan again")
    assert "liver" not in str(caught.value)


@fuzz
@given(content=st.binary(max_size=100) | damaged(b'{"a": 1, "\xc3\xa4": {"b": [1, 2, null]}, "a\\n": 2}'))
def test_any_bytes(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_bytes(content)
    found = read_or_one_line(read_json_object, path)
    assert isinstance(found, dict | str)


def test_depth_is_no_traceback(tmp_path):
    path = tmp_path / "x.json"
    path.write_text("[" * 100_000)
    assert "cannot be read as JSON" in read_or_one_line(read_json_object, path)
    path.write_text(json.dumps({"a\nb": 1})[:-1] + ', "a\\nb": 2}')
    assert r"has the name 'a\nb', which holds a control character" in read_or_one_line(read_json_object, path)
    path.write_text('{"a": 1, "a": 2}')
    assert "has 'a' twice" in read_or_one_line(read_json_object, path)
