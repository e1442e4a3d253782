import pytest
from msgspec.structs import replace

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.record.journal import Journal
from nnunet_deepstaple.fusion.record.run_record import FILE, read_record

from .examples import HEADER, image


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_whole_run(tmp_path):
    journal = Journal(tmp_path, HEADER)
    journal.begin({})
    journal.add("b", image(1))
    journal.add("a", image(2))
    assert journal.finish(["a", "b"])
    assert names(tmp_path) == [FILE]
    record = read_record(tmp_path / FILE)
    assert record == replace(HEADER, images={"a": image(2), "b": image(1)})
    assert list(record.images) == ["a", "b"]


def test_a_torn_line_counts_as_not_written(tmp_path):
    journal = Journal(tmp_path, HEADER)
    journal.begin({})
    journal.add("a", image(1))
    with journal.path.open("a") as file:
        file.write('{"b": {"x"')
    assert Journal(tmp_path, HEADER).records(strict=True) == {"a": image(1)}


def test_going_on(tmp_path):
    first = Journal(tmp_path, HEADER)
    first.begin({})
    first.add("a", image(1))
    second = Journal(tmp_path, HEADER)
    second.begin(second.records(strict=True))
    second.add("b", image(2))
    assert second.finish(["a", "b"])


def test_starting_anew_forgets(tmp_path):
    first = Journal(tmp_path, HEADER)
    first.begin({})
    first.add("a", image(1))
    first.finish(["a"])
    second = Journal(tmp_path, HEADER)
    second.begin({})
    assert not second.finish(["a"])
    assert names(tmp_path) == [second.path.name]


def test_parts_end_together(tmp_path):
    parts = [Journal(tmp_path, HEADER, (part, 3)) for part in range(3)]
    for part in parts:
        part.begin({})
    for name, part in zip("abc", parts, strict=True):
        part.add(name, image())
    assert parts[1].finish("abc")
    assert names(tmp_path) == [FILE]


def test_another_header_is_not_mixed_in(tmp_path):
    old = Journal(tmp_path, replace(HEADER, rule="simple"), (1, 2))
    old.begin({})
    old.add("b", image())
    new = Journal(tmp_path, HEADER, (0, 2))
    new.begin({})
    new.add("a", image())
    assert not new.finish("ab")
    with pytest.raises(InputError, match='begun with rule "simple", which now is "staple"'):
        new.records(strict=True)


def test_an_empty_journal(tmp_path):
    """Killed before the header was written."""
    journal = Journal(tmp_path, HEADER)
    journal.path.touch()
    assert journal.records(strict=True) == {}


def test_a_run_of_version_0_1_0_may_be_continued(tmp_path):
    Journal(tmp_path, replace(HEADER, format=0)).begin({"a": image(1)})
    assert Journal(tmp_path, HEADER).records(strict=True) == {"a": image(1)}


@pytest.mark.parametrize("line", ["[]", '{"rule": 3}', "nothing", '{"a": {"candidates": "x"}}'])
@pytest.mark.parametrize("place", ["header", "image"])
def test_a_strangers_journal_is_one_line(tmp_path, line, place):
    journal = Journal(tmp_path, HEADER)
    journal.begin({})
    header = "" if place == "header" else journal.path.read_text()
    journal.path.write_text(header + line + "\n")
    with pytest.raises(InputError, match=r"fusion.part_0_of_1.jsonl (is|has).*(--continue|fuse again)"):
        journal.records(strict=True)
