import json

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.record import FILE, Journal

HEADER = {"rule": "staple", "temperature": None}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_run(tmp_path):
    journal = Journal(tmp_path, HEADER)
    journal.begin({})
    journal.add("b", {"x": 1})
    journal.add("a", {"x": 2})
    assert journal.finish(["a", "b"])
    assert names(tmp_path) == [FILE]
    record = json.loads((tmp_path / FILE).read_text(encoding="utf-8"))
    assert record == {**HEADER, "images": {"a": {"x": 2}, "b": {"x": 1}}}
    assert list(record["images"]) == ["a", "b"]


def test_a_torn_line_counts_as_not_written(tmp_path):
    journal = Journal(tmp_path, HEADER)
    journal.begin({})
    journal.add("a", {"x": 1})
    with journal.path.open("a") as file:
        file.write('{"b": {"x"')
    assert Journal(tmp_path, HEADER).entries(strict=True) == {"a": {"x": 1}}


def test_going_on(tmp_path):
    first = Journal(tmp_path, HEADER)
    first.begin({})
    first.add("a", {"x": 1})
    second = Journal(tmp_path, HEADER)
    second.begin(second.entries(strict=True))
    second.add("b", {"x": 2})
    assert second.finish(["a", "b"])


def test_starting_anew_forgets(tmp_path):
    first = Journal(tmp_path, HEADER)
    first.begin({})
    first.add("a", {"x": 1})
    first.finish(["a"])
    second = Journal(tmp_path, HEADER)
    second.begin({})
    assert not second.finish(["a"])
    assert names(tmp_path) == [second.path.name]


def test_parts_end_together(tmp_path):
    parts = [Journal(tmp_path, HEADER, (part, 3)) for part in range(3)]
    for part in parts:
        part.begin({})
    for image, part in zip("abc", parts, strict=True):
        part.add(image, {})
    assert parts[1].finish("abc")
    assert names(tmp_path) == [FILE]


def test_another_header_is_not_mixed_in(tmp_path):
    old = Journal(tmp_path, {**HEADER, "rule": "simple"}, (1, 2))
    old.begin({})
    old.add("b", {})
    new = Journal(tmp_path, HEADER, (0, 2))
    new.begin({})
    new.add("a", {})
    assert not new.finish("ab")
    with pytest.raises(InputError, match='begun with rule "simple", which now is "staple"'):
        new.entries(strict=True)


def test_an_empty_journal(tmp_path):
    """Killed before the header was written."""
    journal = Journal(tmp_path, HEADER)
    journal.path.touch()
    assert journal.entries(strict=True) == {}
