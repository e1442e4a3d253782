"""A candidate that lies there twice does not vote twice in silence."""

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidate_looks import look_at_candidates
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.duplicate_candidates import duplicate_candidates
from nnunet_deepstaple.datasets.structures.overlaps import overlaps_of
from nnunet_deepstaple.datasets.structures.planning import plan_structures
from nnunet_deepstaple.files import label_maps
from nnunet_deepstaple.files.buffer import Buffer

from ..label_map_files import save


def write(folder, kind=np.uint8, **maps):
    """Files ``<image>__<candidate>``, each with one voxel of its label."""
    for name, label in maps.items():
        labels = np.zeros((2, 3, 4), kind)
        labels[1, 1, 1] = label
        save(folder / f"{name}.nii.gz", labels)
    return find_candidates([folder])[0]


def test_copies_links_and_other_types_are_told_of(tmp_path):
    write(tmp_path, x__a=1, x__b=2, y__a=3, y__b=4)
    write(tmp_path, np.float32, x__d=2, y__d=4)
    for image in "xy":
        (tmp_path / f"{image}__b (1).nii.gz").write_bytes((tmp_path / f"{image}__b.nii.gz").read_bytes())
        (tmp_path / f"{image}__c.nii.gz").symlink_to(f"{image}__b.nii.gz")
    [note] = duplicate_candidates(find_candidates([tmp_path])[0])
    assert note.startswith("candidates 'b', 'b (1)', 'c', 'd' have the same label maps on all images that they share")


def test_who_agrees_on_some_images_is_no_copy(tmp_path):
    assert not duplicate_candidates(write(tmp_path, x__a=1, x__b=1, y__a=1, y__b=2, z__a=3, z__b=3))


def test_two_that_find_nothing_are_no_copies(tmp_path):
    assert not duplicate_candidates(write(tmp_path, x__a=0, x__b=0))


@pytest.fixture
def read(monkeypatch):
    """Names of the files that are read."""
    reader, names = label_maps.read_image, []
    monkeypatch.setattr(label_maps, "read_image", lambda path, *more: (names.append(path.name), reader(path, *more))[1])
    return names


def test_label_maps_are_read_only_where_they_may_be_equal(tmp_path, read):
    duplicate_candidates(write(tmp_path, x__a=1, x__b=2, y__a=1, y__b=1))
    assert read == ["x__a.nii.gz", "x__b.nii.gz"]


def test_what_was_seen_to_differ_is_not_read(tmp_path, read):
    candidates = write(tmp_path, x__a=1, x__b=1, x__c=2, y__a=1, y__b=1, y__c=1)
    looks = {"x": look_at_candidates(candidates["x"], None, Buffer())}
    read.clear()
    [note] = duplicate_candidates(candidates, looks)
    assert note.startswith("candidates 'a', 'b' have")
    assert {name[3] for name in read} == {"a", "b"}


def test_what_differs_in_one_voxel_of_many_is_no_copy(tmp_path):
    labels = np.zeros((40, 80, 100), np.uint8)
    labels[10:30, 10:70] = 1
    for name in "abc":
        save(tmp_path / f"x__{name}.nii.gz", labels)
    labels[39, 79, 99] = 1
    save(tmp_path / "x__d.nii.gz", labels)
    [note] = duplicate_candidates(find_candidates([tmp_path])[0])
    assert note.startswith("candidates 'a', 'b', 'c' have")


@pytest.mark.parametrize("content", [b"no image", b""])
def test_who_reads_a_broken_file_says_why(tmp_path, content):
    candidates = write(tmp_path, x__a=1, x__b=1)
    candidates["x"][1].path.write_bytes(content)
    assert not duplicate_candidates(candidates)


def structures(folder, **volumes):
    """Candidates of an image with the structures aorta and liver, of so many voxels."""
    for name, lengths in volumes.items():
        for structure, length in zip(("aorta", "liver"), lengths, strict=True):
            labels = np.zeros((2, 3, 4), np.uint8)
            labels[len(structure) % 2, :length, 2] = 1
            save(folder / name / "x" / f"{structure}.nii.gz", labels)
    listed, _ = find_candidates([folder / name for name in volumes], "structures")
    overlaps = {one.case: overlaps_of(one) for found in listed.values() for one in found}
    return plan_structures(listed, overlaps, None, str)[0]


def test_all_structures_of_a_candidate_are_compared(tmp_path):
    [note] = duplicate_candidates(structures(tmp_path, a=(1, 1), b=(1, 2), c=(1, 2)))
    assert note.startswith("candidates 'b', 'c' have")
    assert not duplicate_candidates(structures(tmp_path / "empty", a=(0, 1), b=(0, 2), c=(0, 0)))


def test_one_structure_that_differs_is_enough(tmp_path, read):
    candidates = structures(tmp_path, a=(1, 3), b=(2, 3), c=(3, 3))
    read.clear()
    assert not duplicate_candidates(candidates)
    assert len(read) == 3
