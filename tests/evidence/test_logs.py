import zipfile
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from scripts.evidence import logs as module
from scripts.evidence.logs import add_run, run_folder, run_names


@pytest.fixture(autouse=True)
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of its own."""
    for name, path in (("ARCHIVE", "logs.zip"), ("HASHES", "logs.sha256"), ("UNPACKED", "unpacked")):
        monkeypatch.setattr(module, name, tmp_path / path)
    return tmp_path / "logs.zip"


def write_fold(folder: Path, log: bytes) -> Path:
    for name in ("first_pass", "predictions"):
        (folder / name).mkdir(parents=True)
    for name in ("visits.gz", "first_pass/visits.gz", "predictions/a.nii.gz", "predictions/a.soft.npz", "progress.png"):
        (folder / name).write_bytes(log)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_runs_come_back_as_they_were(tmp_path):
    for name in ("one", "two"):
        add_run(write_fold(tmp_path / name, name.encode()), name)
    assert run_names() == ["one", "two"]
    for name in ("one", "two"):
        kept = contents(tmp_path / name)
        del kept["progress.png"]
        assert contents(run_folder(name)) == kept


def test_a_run_is_replaced_and_the_same_files_make_the_same_archive(tmp_path, archive):
    add_run(write_fold(tmp_path / "old", b"old"), "one")
    add_run(write_fold(tmp_path / "new", b"new"), "one")
    first = archive.read_bytes()
    assert (run_folder("one") / "visits.gz").read_bytes() == b"new"
    add_run(tmp_path / "new", "one")
    assert archive.read_bytes() == first


def test_a_file_that_was_changed_is_unpacked_again(tmp_path):
    add_run(write_fold(tmp_path / "one", b"one"), "one")
    (run_folder("one") / "visits.gz").write_bytes(b"other")
    assert (run_folder("one") / "visits.gz").read_bytes() == b"one"


def test_an_archive_that_is_not_the_recorded_one_is_refused(tmp_path, archive):
    add_run(write_fold(tmp_path / "one", b"one"), "one")
    with zipfile.ZipFile(archive) as file:
        names = file.namelist()
    with zipfile.ZipFile(archive, "w") as file:
        for name in names:
            file.writestr(name, b"other")
    with pytest.raises(InputError, match=r"one/first_pass/visits.gz in .*logs.zip is not the file of logs.sha256"):
        run_folder("one")
    assert not contents(tmp_path / "unpacked")


def test_a_run_that_is_not_there_and_a_folder_without_a_log_are_input_errors(tmp_path):
    add_run(write_fold(tmp_path / "one", b"one"), "one")
    with pytest.raises(InputError, match="has no run 'two'; it has one"):
        run_folder("two")
    with pytest.raises(InputError, match=r"has no visits.gz; give the fold folder"):
        add_run(tmp_path, "two")
