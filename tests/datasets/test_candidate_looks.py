import json

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidate_looks import COMPARED, look_at_candidates
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.sources.gather import gather
from nnunet_deepstaple.files.buffer import Buffer
from nnunet_deepstaple.files.image_files import read_geometry

from ..label_map_files import label_values, save


@pytest.fixture
def image(tmp_path):
    """Candidates of an image: a has 1 and 2, b has 2 and 1, and c has 1 with noise, on another grid."""
    save(tmp_path / "a" / "p.nii.gz", label_values((1, 2)))
    save(tmp_path / "b" / "p.nii.gz", label_values((2, 1)))
    save(tmp_path / "c" / "p.nii.gz", label_values((1,), dtype=np.float32) * (1 + 1e-5), spacing=(2, 2, 2))
    folders = [tmp_path / name for name in "abc"]
    return find_candidates(folders)[0]["p"], folders


def test_what_each_candidate_holds(image):
    candidates, _ = image
    look = look_at_candidates(candidates, None, Buffer())
    assert {name: one.values for name, one in look.label_maps.items()} == {"a": {0, 1, 2}, "b": {0, 1, 2}, "c": {0, 1}}
    assert {name: len(one.notes) for name, one in look.label_maps.items()} == {"a": 0, "b": 0, "c": 1}
    assert [one.geometry for one in look.label_maps.values()] == [read_geometry(one.path) for one in candidates]
    assert not any(one.graded for one in look.label_maps.values())


def test_candidates_on_one_grid_are_compared(image):
    look = look_at_candidates(image[0], None, Buffer())
    assert [pair.names for pair in look.overlaps] == [("a", "b")]
    assert look.overlaps[0].exchanged == (1, 2)
    assert look.volumes == dict.fromkeys("ab", dict.fromkeys((1, 2), np.count_nonzero(label_values((1,)))))


def test_labels_are_in_the_common_numbering_and_values_in_the_candidates_own(image):
    candidates, folders = image
    names = {"a": {"liver": 1, "spleen": 2}, "b": {"liver": 2, "spleen": 1}, "c": {"spleen": 1}}
    for folder in folders:
        (folder / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **names[folder.name]}}))
    sources = gather({"p": candidates}, None, None)
    look = look_at_candidates(candidates, sources, Buffer())
    assert look.labels == {"a": {0, 1, 2}, "b": {0, 1, 2}, "c": {0, 2}}
    assert look.label_maps["c"].values == {0, 1}
    assert look.overlaps[0].foreground_dice == 1
    assert look.overlaps[0].exchanged is None


def test_of_a_large_foreground_some_rows_are_compared(tmp_path):
    labels = np.zeros((60, 160, 200), np.uint8)
    labels[2:40, 2:150, 2:100], labels[41:58, 2:150, 2:100] = 1, 2
    exchanged = np.array([0, 2, 1], np.uint8)[labels]
    exchanged[1, 1, 1] = 3
    save(tmp_path / "a" / "p.nii.gz", labels)
    save(tmp_path / "b" / "p.nii.gz", exchanged)
    look = look_at_candidates(find_candidates([tmp_path / "a", tmp_path / "b"])[0]["p"], None, Buffer())
    [pair] = look.overlaps
    assert sum(pair.volumes[0].values()) < COMPARED < np.count_nonzero(labels)
    assert pair.exchanged == (1, 2)
    assert look.label_maps["b"].values == look.labels["b"] == {0, 1, 2, 3}
