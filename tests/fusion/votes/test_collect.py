from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnunet_deepstaple.files.boxes import foreground_box
from nnunet_deepstaple.fusion.votes import collect as module
from nnunet_deepstaple.fusion.votes.collect import collect_votes

from ..examples import candidates


def naive(label_maps):
    """Patterns and counts voxel by voxel."""
    found = {}
    for voxel in np.ndindex(label_maps[0].shape):
        pattern = tuple(int(labels[voxel]) for labels in label_maps)
        found[pattern] = found.get(pattern, 0) + 1
    return found


def as_dictionary(votes):
    found = Counter()
    for pattern, count in zip(votes.labels[votes.patterns].tolist(), votes.counts.tolist(), strict=True):
        found[tuple(pattern)] += count
    return {pattern: count for pattern, count in found.items() if count}


def assert_same_votes(votes, label_maps):
    assert as_dictionary(votes) == naive(label_maps)
    assert votes.labels[0] == 0
    assert (votes.patterns[0] == 0).all()
    for k, labels in enumerate(label_maps):
        painted = votes.paint(votes.labels[votes.patterns[:, k]])
        assert np.array_equal(painted, labels)


@given(candidates())
def test_patterns_are_those_of_the_voxels(label_maps):
    assert_same_votes(collect_votes(iter(label_maps)), label_maps)


@given(candidates(values=(0, 1, 2, 3, 200, 254, 255)))
def test_labels_need_not_be_consecutive(label_maps):
    assert_same_votes(collect_votes(label_maps), label_maps)


@given(candidates(max_candidates=40, values=(0, 1)), st.integers(2, 70))
@settings(max_examples=30)
def test_codes_are_renumbered_when_they_grow_large(label_maps, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CHUNK", chunk)  # so small that tables are never enough
        assert_same_votes(collect_votes(label_maps), label_maps)


@pytest.mark.parametrize("count", [1, 2, 8, 9, 33, 64, 65, 130])
def test_any_number_of_candidates(count):
    rng = np.random.default_rng(count)
    label_maps = [rng.integers(0, 2, (4, 5, 6)).astype(np.uint8) for _ in range(count)]
    assert_same_votes(collect_votes(label_maps), label_maps)


@pytest.mark.parametrize("count", [3, 12])
def test_many_labels(count):
    rng = np.random.default_rng(count)
    label_maps = [rng.integers(0, 65536, (5, 6, 7)).astype(np.uint16) for _ in range(count)]
    assert_same_votes(collect_votes(label_maps), label_maps)


def test_types_may_be_mixed():
    one = np.array([[0, 1, 2]], np.uint8)
    other = np.array([[0, 300, 65535]], np.uint16)
    assert as_dictionary(collect_votes([one, other])) == {(0, 0): 1, (1, 300): 1, (2, 65535): 1}


def test_background_outside_the_box_is_counted_and_not_stored():
    labels = np.zeros((50, 60, 70), np.uint8)
    labels[10:12, 20:23, 30:34] = 1
    other = np.zeros_like(labels)
    other[13, 20, 30] = 1
    votes = collect_votes([labels, other])
    assert votes.codes.shape == (4, 3, 4)
    assert votes.counts.sum() == labels.size
    assert votes.counts[0] == labels.size - 25


def test_all_empty():
    votes = collect_votes([np.zeros((3, 4, 5), np.uint8)] * 3)
    assert votes.patterns.shape == (1, 3)
    assert votes.counts.tolist() == [60]
    assert votes.labels.tolist() == [0]
    assert not votes.paint(np.zeros(1, np.uint8)).any()


def test_all_foreground():
    votes = collect_votes([np.ones((2, 3), np.uint8)] * 2)
    assert as_dictionary(votes) == {(1, 1): 6}
    assert votes.counts.tolist() == [0, 6]


def test_paint_keeps_the_type_and_fills_the_outside():
    labels = np.zeros((3, 4), np.uint8)
    labels[1, 2] = 7
    painted = collect_votes([labels]).paint(np.array([0.25, 0.75], np.float32))
    assert painted.dtype == np.float32
    assert painted.sum() == pytest.approx(0.25 * 11 + 0.75)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shapes"):
        collect_votes([np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)])


def test_no_label_maps():
    with pytest.raises(ValueError, match="no label maps"):
        collect_votes([])


def test_one_candidate_at_a_time():
    """The memory of a label map may be used for the next one."""
    memory = np.zeros((4, 4), np.uint8)
    kept = []

    def one_after_the_other():
        for value in (1, 2, 3):
            memory[:] = 0
            memory[value] = value
            kept.append(memory.copy())
            yield memory

    votes = collect_votes(one_after_the_other())
    assert as_dictionary(votes) == naive(kept)


@given(candidates(max_candidates=1))
def test_foreground_box_is_the_smallest(label_maps):
    labels = label_maps[0].reshape((1,) * (3 - label_maps[0].ndim) + label_maps[0].shape)
    box = foreground_box(labels)
    nonzero = np.argwhere(labels)
    if len(nonzero):
        assert [(side.start, side.stop) for side in box] == list(
            zip(nonzero.min(axis=0), nonzero.max(axis=0) + 1, strict=True)
        )
    else:
        assert labels[box].size == 0
