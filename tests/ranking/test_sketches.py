import numpy as np
import pytest

from nnunet_deepstaple.ranking.sketches import Differences, Sketch, sketch_sources


def test_the_slice_that_differs_most_is_kept():
    consensus = np.zeros((4, 6, 7), bool)
    consensus[:, 2:4, 2:5] = True
    source = consensus.copy()
    source[2, 2:5, 2:7] = True
    codes = np.arange(consensus.size).reshape(consensus.shape)
    masks = np.stack([source.reshape(-1), consensus.reshape(-1)], axis=1)
    different, same = sketch_sources(masks, consensus.reshape(-1), codes, (3.0, 2.0, 1.0), first=10)
    assert (different.plane, different.stretch) == (12, 2.0)
    assert np.array_equal(different.masks[0], source[2])
    assert np.array_equal(different.masks[1], consensus[2])
    assert np.array_equal(*same.masks)


def test_a_large_flat_image_is_drawn_coarsely():
    mask = np.zeros((300, 200), bool)
    mask[100:200] = True
    codes = np.arange(mask.size).reshape(mask.shape)
    [one] = sketch_sources(mask.reshape(-1, 1), mask.reshape(-1), codes, (1.0, 1.0), first=0)
    assert one.plane is None
    assert one.shape == (75, 50)
    assert np.array_equal(one.masks[0], mask[::4, ::4])


def test_nothing_at_all():
    [one] = sketch_sources(np.zeros((1, 1), bool), np.zeros(1, bool), np.zeros((0, 0, 0), int), (1.0, 1.0, 1.0), 0)
    assert one.masks[0].size == 0


def test_images_in_which_a_source_falls_behind_most():
    match = np.array([[0.9, 0.9], [0.5, 0.9], [0.7, 0.9], [0.8, 0.9], [np.nan, 0.9]])
    sketch = Sketch(None, (0, 0), (np.zeros(0, np.uint8),) * 2, 1.0)
    for order in ("abcde", "edcba", "cebad"):  # as processes may give them
        differences = Differences(["one", "two"])
        for image in order:
            differences.add(image, ["one", "two"], match["abcde".index(image)], [sketch, sketch])
        assert [one.image for one in differences.found["one"]] == ["b", "c", "d"]
        assert differences.found["one"][0].behind == pytest.approx(-0.2)
        assert [one.image for one in differences.found["two"]] == ["a", "e", "d"]
