"""sources.json as people may write it."""

import json

import pytest
from hypothesis import given

from nnunet_deepstaple.datasets.sources.statements import read_own_labels, read_statements
from nnunet_deepstaple.errors import InputError

from ...fuzz import changed, fuzz, read_or_one_line

GOOD = {
    "a": {"labels": {"liver": 1, "spleen": [2, 3]}, "annotates": ["liver"]},
    "b": {"labels": {"background": 0, "gland": 1}, "means": {"gland": ["liver", "spleen"]}},
}


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
    return path


def read(path):
    return read_statements(path, ["a", "b"])


def test_a_good_one(tmp_path):
    found = read(write(tmp_path / "sources.json", GOOD))
    assert found["a"].annotates == {"liver"}
    assert found["b"].means == {"gland": ["liver", "spleen"]}


def test_a_source_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="names 'c', and no candidate is called so; the sources are a, b"):
        read(write(tmp_path / "sources.json", {"c": {}}))


@fuzz
@given(content=changed(GOOD))
def test_any_content(tmp_path, content):
    path = write(tmp_path / "sources.json", content)
    read_or_one_line(read, path)
    read_or_one_line(read_own_labels, path)
