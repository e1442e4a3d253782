"""One run at a time writes a file or a folder, and what it leaves is whole."""

from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.outputs import lock_of, only_run_for, replaced_folder

from .test_lock import hold


def write(folder: Path, text: str) -> None:
    (folder / "a.txt").write_text(text)


def test_a_folder_is_replaced_whole(tmp_path):
    for text in ("one", "two"):
        with replaced_folder(tmp_path / "out") as new:
            write(new, text)
            assert not (tmp_path / "out/a.txt").exists() or (tmp_path / "out/a.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/a.txt").read_text() == "two"


def test_what_fails_leaves_the_folder_as_it_was(tmp_path):
    with replaced_folder(tmp_path / "out") as new:
        write(new, "one")
    with pytest.raises(FileNotFoundError), replaced_folder(tmp_path / "out") as new:
        write(new / "none", "two")
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "a.txt"]
    assert (tmp_path / "out/a.txt").read_text() == "one"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_a_link(tmp_path, there):
    if there:
        (tmp_path / "disk/old").mkdir(parents=True)
    (tmp_path / "disk").mkdir(exist_ok=True)
    (tmp_path / "out").symlink_to("disk/old")
    with replaced_folder(tmp_path / "out") as new:
        write(new, "one")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk/old/a.txt").read_text() == "one"


def test_a_second_run_is_refused(tmp_path):
    child = hold(lock_of(tmp_path / "out"))
    with pytest.raises(InputError, match="out is being written by"), only_run_for(tmp_path / "out"):
        pass
    child.communicate("\n")
    with only_run_for(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []
