"""A candidate that lies there twice does not vote twice in silence."""

from pathlib import Path

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.duplicate_candidates import duplicate_candidates


def write(folder, **files):
    """Files ``<image>__<candidate>``, each with what it holds."""
    for name, content in files.items():
        (folder / f"{name}.nii.gz").write_bytes(content)
    return find_candidates([folder])[0]


def test_copies_and_links_are_told_of(tmp_path):
    write(tmp_path, x__a=b"1", x__b=b"2", y__a=b"3", y__b=b"4")
    for image in "xy":
        (tmp_path / f"{image}__b (1).nii.gz").write_bytes((tmp_path / f"{image}__b.nii.gz").read_bytes())
        (tmp_path / f"{image}__c.nii.gz").symlink_to(f"{image}__b.nii.gz")
    [note] = duplicate_candidates(find_candidates([tmp_path])[0])
    assert note.startswith("candidates 'b', 'b (1)', 'c' have equal files on all images that they share")


def test_who_agrees_on_some_images_is_no_copy(tmp_path):
    assert duplicate_candidates(write(tmp_path, x__a=b"1", x__b=b"1", y__a=b"1", y__b=b"2", z__a=b"3", z__b=b"3")) == []


def test_files_are_read_only_where_they_may_be_equal(tmp_path, monkeypatch):
    candidates = write(tmp_path, x__a=b"1", x__b=b"22", y__a=b"1", y__b=b"1")
    monkeypatch.setattr(Path, "open", None)
    assert duplicate_candidates(candidates) == []
