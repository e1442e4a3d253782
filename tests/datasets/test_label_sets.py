"""Sets of labels that cannot be meant are found by what the other candidates hold."""

from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import Candidate
from nnunet_deepstaple.datasets.label_sets import LabelSets, is_graded, unlike_others
from nnunet_deepstaple.errors import InputError


def sets_of(**values):
    sets = LabelSets()
    for name, found in values.items():
        sets.add(Candidate("p", name, Path(f"{name}.nii.gz")), set(found))
    return sets


def judged(sets, allow_doubtful=False):
    notes = []
    sets.judge(notes.append, allow_doubtful)
    return notes


def test_the_image_among_the_masks_is_refused():
    sets = sets_of(a=[0, 1], b=[0, 1], image=range(60, 200))
    with pytest.raises(InputError, match=r"image\.nii\.gz holds 140 values .*--allow_doubtful"):
        judged(sets)
    assert "image.nii.gz" in judged(sets, allow_doubtful=True)[0]


def test_many_labels_of_all_candidates_are_nothing_odd():
    assert judged(sets_of(a=range(133), b=range(133), c=range(120))) == []


def test_255_for_1():
    [note] = judged(sets_of(a=[0, 1], b=[0, 255], c=[0, 1]))
    assert note == "candidate 'b' holds the labels 255 and the others 1; do they mean the same?"


@pytest.mark.parametrize(
    ("labels", "unlike"),
    [
        ({"a": {1, 2}, "b": {1, 2}, "c": {1, 3}}, ["c"]),
        ({"a": {1, 2}, "b": {1}, "c": {1, 2}}, []),
        ({"a": {1, 2}, "b": {1, 2, 7}, "c": {1, 2}}, []),
        ({"a": {1}, "b": set()}, []),
        ({"a": {1}}, []),
        ({"a": {1}, "b": {255}}, ["a", "b"]),
    ],
)
def test_candidates_unlike_all_others(labels, unlike):
    assert [note.split("'")[1] for note in unlike_others(labels)] == unlike


def test_values_that_change_from_voxel_to_voxel():
    ramp = np.tile(np.arange(1, 101, dtype=np.uint8), (4, 5, 1))
    blocks = np.repeat(ramp[..., :25], 4, axis=2)
    assert is_graded(ramp, 100)
    assert not is_graded(blocks, 25)
    assert not is_graded(ramp[..., :10], 10)
