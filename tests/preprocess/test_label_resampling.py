import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nnunetv2.preprocessing.resampling.default_resampling import resample_data_or_seg
from numpy.typing import NDArray

from nnunet_deepstaple.preprocess.label_resampling import resample_labels

SIZES = st.tuples(*(st.integers(1, 11),) * 3)


def as_nnunet(labels: NDArray, shape: tuple[int, ...], nearest_axis: int | None = None) -> NDArray:
    separate = nearest_axis is not None
    return resample_data_or_seg(labels[None], shape, True, nearest_axis, 1, separate, order_z=0)[0]


@st.composite
def label_maps(draw: st.DrawFn) -> NDArray:
    """Noise, or blocks of labels, in which certain and undecided voxels lie side by side."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    shape, block = draw(SIZES), draw(st.integers(1, 4))
    largest = draw(st.sampled_from([0, 1, 2, 5, 300]))
    labels = random.integers(-1, largest + 1, shape)
    for axis, size in enumerate(shape):
        labels = labels.repeat(block, axis).take(range(size), axis)
    return labels.astype(draw(st.sampled_from([np.float32, np.int16, np.int8 if largest < 127 else np.int32])))


@settings(max_examples=150, deadline=None)
@given(label_maps(), SIZES, st.sampled_from([None, None, 0, 1, 2]))
def test_every_voxel_is_nnunets(labels, shape, nearest_axis):
    found = resample_labels(labels, shape, nearest_axis)
    expected = as_nnunet(labels, shape, nearest_axis)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


@settings(max_examples=50, deadline=None)
@given(label_maps(), st.tuples(*(st.integers(1, 3),) * 3))
def test_whole_factors_are_full_of_ties(labels, factors):
    shape = tuple(size * factor for size, factor in zip(labels.shape, factors, strict=True))
    np.testing.assert_array_equal(resample_labels(labels, shape), as_nnunet(labels, shape))


def test_a_tie_goes_to_the_nearest_label_or_the_smallest():
    labels = np.array([[3, 1], [1, 2], [2, 2], [3, 2]], np.int16).T.reshape(2, 2, 2)
    assert resample_labels(labels, (1, 1, 1)).item() == as_nnunet(labels, (1, 1, 1)).item() == 2
    three = np.array([3, 1, 1, 1, 2, 2, 2, 3], np.int16).reshape(2, 2, 2)  # 1 and 2 tie, the nearest is a 3
    assert resample_labels(three, (1, 1, 1)).item() == as_nnunet(three, (1, 1, 1)).item() == 1


def test_values_that_are_no_integers_stay():
    labels = np.array([[[0.5, 0.5, 2.0, 70000.0]]], np.float32)
    np.testing.assert_array_equal(resample_labels(labels, (1, 1, 8)), as_nnunet(labels, (1, 1, 8)))


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_parts_make_no_difference(chunk, monkeypatch):
    labels = np.random.default_rng(1).integers(0, 4, (9, 8, 7)).astype(np.int16)
    whole = resample_labels(labels, (11, 9, 12))
    monkeypatch.setattr("nnunet_deepstaple.preprocess.label_resampling._CHUNK", chunk)
    np.testing.assert_array_equal(resample_labels(labels, (11, 9, 12)), whole)
