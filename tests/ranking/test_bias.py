import numpy as np
import pytest
from scipy import ndimage

from nnunet_deepstaple.ranking import bias
from nnunet_deepstaple.ranking.bias import bias_of


def compare(consensus, *voters, spacing=(1.0, 1.0)):
    """Bias of whole masks, each voxel its own pattern."""
    masks = np.stack([one.reshape(-1) for one in voters], axis=1)
    return bias_of(masks, np.arange(consensus.size).reshape(consensus.shape), consensus.reshape(-1), spacing)


def square(first, last, size=20) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[first:last, first:last] = True
    return mask


def test_an_equal_voter_has_none():
    found = compare(square(5, 15), square(5, 15))
    assert (found.volume_ratio, found.border, found.missed, found.false) == (1, 0, 0, 0)


def test_a_border_drawn_outside_is_told_in_mm():
    found = compare(square(5, 15), square(4, 16), square(6, 14), spacing=(2.0, 2.0))
    assert found.volume_ratio == pytest.approx([1.44, 0.64])
    # a frame of 44 pixels of 4 mm² along an outline of 80 mm, taken as 80 / (4 / π)
    assert found.border == pytest.approx([44 * 4 / (80 * np.pi / 4), -36 * 4 / (80 * np.pi / 4)])


def test_a_cube_grown_by_a_voxel():
    cubes = np.zeros((2, 12, 12, 12), bool)
    cubes[0, 4:8, 4:8, 4:8] = cubes[1, 3:9, 3:9, 3:9] = True
    found = compare(*cubes, spacing=(3.0, 1.0, 1.0))
    assert found.border == pytest.approx([(6**3 - 4**3) * 3 / ((2 * 16 + 4 * 48) / 1.5)])


def test_whole_objects_are_counted_and_no_matter_of_the_border():
    consensus, voter = square(5, 10), square(5, 10)
    consensus[15:18, 15:18] = True
    voter[0, 0] = voter[0, 5] = True
    found = compare(consensus, voter)
    assert (found.missed, found.false) == (1, 2)
    assert found.border == pytest.approx([0.0])


def test_voters_of_an_empty_consensus_have_false_objects_only():
    found = compare(np.zeros((20, 20), bool), square(5, 8), np.zeros((20, 20), bool))
    assert found.false.tolist() == [1, 0]
    assert found.missed.tolist() == [0, 0]
    assert np.isnan(found.volume_ratio).all()
    assert np.isnan(found.border).all()


def test_nothing_at_all():
    found = bias_of(np.zeros((1, 3), bool), np.zeros((0, 0, 0), int), np.zeros(1, bool), (1.0, 1.0, 1.0))
    assert found.missed.tolist() == [0, 0, 0]


@pytest.mark.parametrize("bits", [bias._BITS, 0])
def test_false_objects_are_those_of_each_mask_alone(monkeypatch, bits):
    monkeypatch.setattr(bias, "_BITS", bits)
    rng = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(
        rng.random((80, 24, 25, 26)), (0, 1.5, 1.5, 1.5)
    )  # more voters than a word has bits
    consensus, *voters = noise > np.quantile(noise, 0.7)
    snake = np.zeros_like(consensus)
    snake[4, 4:20, 4] = snake[4, 19, 4:20] = snake[4, 4:20, 19] = True  # far from the consensus only as one walks
    found = compare(consensus, *voters, snake | consensus, spacing=(1.0, 1.0, 1.0))
    for place, voter in enumerate([*voters, snake | consensus]):
        parts, count = ndimage.label(voter)
        assert found.false[place] == count - len(np.unique(parts[voter & consensus]))
