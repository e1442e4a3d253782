import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import atomic_path, clear_temporaries, write_text, writing


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


def test_clear_temporaries(tmp_path):
    for name in (".12.tmp.a.nii.gz", ".7.tmp.a.b.nii.gz", ".x.tmp.a.nii.gz", "a.nii.gz"):
        (tmp_path / name).touch()
    clear_temporaries(tmp_path, {"a.nii.gz"})
    assert names(tmp_path) == [".7.tmp.a.b.nii.gz", ".x.tmp.a.nii.gz", "a.nii.gz"]
    clear_temporaries(tmp_path / "none", {"a.nii.gz"})


def test_writing_tells_the_file_and_the_reason(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(InputError, match=r"a\.txt cannot be written \(No such file or directory\)"), writing(path):
        path.write_text("x")
    with pytest.raises(InputError, match=r"a\.txt cannot be written \(no such type\)"), writing(path):
        raise RuntimeError("no such type")
