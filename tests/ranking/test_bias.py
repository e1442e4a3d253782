import numpy as np
import pytest

from nnunet_deepstaple.ranking.bias import bias_of


def compare(consensus, *voters, spacing=(1.0, 1.0), n_labels=2):
    """Bias of whole label maps, each voxel its own pattern."""
    patterns = np.stack([one.reshape(-1) for one in voters], axis=1)
    codes = np.arange(consensus.size).reshape(consensus.shape)
    return bias_of(patterns, codes, consensus.reshape(-1), spacing, n_labels)


def square(first, last, size=20) -> np.ndarray:
    labels = np.zeros((size, size), int)
    labels[first:last, first:last] = 1
    return labels


def test_an_equal_voter_has_none():
    found = compare(square(5, 15), square(5, 15))
    assert (found.volume_ratio, found.border, found.missed, found.false) == ([[1]], [[0]], [[0]], [[0]])


def test_a_border_drawn_outside_is_told_in_mm():
    found = compare(square(5, 15), square(4, 16), square(6, 14), spacing=(2.0, 2.0))
    assert found.volume_ratio == pytest.approx(np.array([[1.44, 0.64]]))
    # a frame of 44 pixels of 4 mm² along an outline of 80 mm, taken as 80 / (4 / π)
    assert found.border == pytest.approx(np.array([[44 * 4 / (80 * np.pi / 4), -36 * 4 / (80 * np.pi / 4)]]))


def test_whole_objects_are_counted_and_no_matter_of_the_border():
    consensus, voter = square(5, 10), square(5, 10)
    consensus[15:18, 15:18] = 1
    voter[0, 0] = voter[0, 5] = 1
    found = compare(consensus, voter)
    assert (found.missed, found.false) == ([[1]], [[2]])
    assert found.border == pytest.approx(np.array([[0.0]]))


def test_objects_of_other_labels_do_not_count():
    consensus, voter = square(5, 10), 2 * square(5, 10)
    found = compare(consensus, voter, n_labels=3)
    assert found.missed.tolist() == [[1], [0]]
    assert found.false.tolist() == [[0], [1]]
    assert np.isnan(found.volume_ratio[1, 0])
    assert np.isnan(found.border).all()


def test_no_label_at_all():
    empty = np.zeros((0, 0, 0), int)
    found = bias_of(np.zeros((1, 3), int), empty, np.zeros(1, int), (1.0, 1.0, 1.0), 1)
    assert found.missed.shape == (0, 3)
