import os

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.progress import no_progress
from nnunet_deepstaple.workflow.contents import first_difference, read_contents


def read(*inputs, known=None):
    return read_contents(inputs, known or {}, no_progress)


def test_a_folder_counts_by_the_files_in_it(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("b", "a", ".hidden", "below/c"):
        (tmp_path / name).write_text(name)
    assert list(read(tmp_path)) == [str(tmp_path / "a"), str(tmp_path / "b")]


def test_other_bytes_are_seen_and_another_time_is_not_a_change(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    before = read(file)
    os.utime(file, (1, 1))
    assert first_difference(before, read(file, known=before)) is None
    file.write_text("two")
    assert first_difference(before, read(file, known=before)) == str(file)


def test_files_that_come_and_go_are_changes(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("1")
    before = read(tmp_path)
    other.write_text("2")
    after = read(tmp_path)
    assert first_difference(before, after) == first_difference(after, before) == str(other)


def test_an_unchanged_file_is_not_read_again(tmp_path):
    file = tmp_path / "file"
    file.write_text("one")
    before = read(file)
    seen = []
    read_contents([file], before, lambda items, *_: [seen.append(item) or item for item in items])
    assert seen == []


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone is missing; put it back"):
        read(tmp_path / "gone")
