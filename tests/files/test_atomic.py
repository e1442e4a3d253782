from dataclasses import replace
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import (
    atomic_folder,
    atomic_path,
    clear_temporaries,
    put_in_place,
    write_text,
    writing,
)
from nnunet_deepstaple.files.owner import myself


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_write_text(tmp_path):
    write_text(tmp_path / "a.txt", "θ")
    assert (tmp_path / "a.txt").read_bytes() == "θ".encode()
    assert names(tmp_path) == ["a.txt"]


def test_an_error_leaves_the_old_file(tmp_path):
    write_text(tmp_path / "a.nii.gz", "old")
    with pytest.raises(IsADirectoryError), atomic_path(tmp_path / "a.nii.gz") as temporary:  # noqa: PT012
        assert temporary.name.endswith(".a.nii.gz")
        temporary.write_text("half")
        tmp_path.write_text("no file")
    assert (tmp_path / "a.nii.gz").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == ["a.nii.gz"]


def test_what_killed_processes_left_is_cleared_and_nothing_else(tmp_path):
    own = myself()
    gone = replace(own, began=own.began + 1)  # the same number, given to another process since
    for mark in (gone.mark, own.mark, replace(gone, machine="0123abcd").mark, "12"):
        (tmp_path / f".{mark}.tmp.a.nii.gz").touch()
        (tmp_path / f".{mark}.tmp.Dataset701_A" / "labelsTr").mkdir(parents=True)
    (tmp_path / f".{gone.mark}.tmp.a.b.nii.gz").touch()
    before = names(tmp_path)
    clear_temporaries(tmp_path, {"a.nii.gz", "Dataset701_A"})
    assert set(before) - set(names(tmp_path)) == {f".{gone.mark}.tmp.a.nii.gz", f".{gone.mark}.tmp.Dataset701_A"}
    clear_temporaries(tmp_path / "none", {"a.nii.gz"})


def test_long_names_have_room(tmp_path):
    write_text(tmp_path / ("ä" * 120), "x")
    with atomic_folder(tmp_path / ("b" * 250)) as temporary:
        assert temporary.is_dir()
    assert names(tmp_path) == ["b" * 250, "ä" * 120]


def test_writing_tells_the_file_and_the_reason(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(InputError, match=r"a\.txt cannot be written \(No such file or directory\)"), writing(path):
        path.write_text("x")
    with pytest.raises(InputError, match=r"a\.txt cannot be written \(no such type\)"), writing(path):
        raise RuntimeError("no such type")


def test_a_folder_takes_the_place_of_another_also_of_the_current_one(tmp_path, monkeypatch):
    for target in (tmp_path / "a", tmp_path / "b", tmp_path / "here"):
        for name in ("new", target.name if target.name != "a" else "other"):
            (tmp_path / name).mkdir()
            (tmp_path / name / f"{name}.txt").touch()
        if target.name == "here":
            monkeypatch.chdir(target)
        put_in_place(tmp_path / "new", target)
        assert names(target) == ["new.txt"]
        assert not (tmp_path / "new").exists()
    assert names(Path.cwd()) == ["new.txt"]
    assert not [name for name in names(tmp_path) if ".tmp." in name]
