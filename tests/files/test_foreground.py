import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nnunet_deepstaple.files.foreground import Foreground

LABELS = np.zeros((4, 5, 6), np.uint8)
LABELS[1:3, 2:4, 1:5] = 3
LABELS[2, 3, 4] = 7


def test_only_the_box_of_what_is_no_background_is_kept():
    foreground = Foreground.of(LABELS)
    assert foreground.box == (slice(1, 3), slice(2, 4), slice(1, 5))
    np.testing.assert_array_equal(foreground.labels, LABELS[1:3, 2:4, 1:5])
    assert foreground.values == {0, 3, 7}


def test_the_labels_stay_when_the_memory_is_used_again():
    memory = LABELS.copy()
    foreground = Foreground.of(memory)
    memory[:] = 9
    assert foreground.values == {0, 3, 7}


@pytest.mark.parametrize("labels", [LABELS, LABELS[2], np.zeros((2, 3), np.uint8), np.ones((2, 3, 4), np.uint16)])
def test_on_a_larger_box_the_rest_is_background(labels):
    whole = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)
    box = tuple(slice(0, side) for side in whole.shape)
    found = Foreground.of(labels).on(box)
    assert found.dtype == labels.dtype
    np.testing.assert_array_equal(found, whole)


@given(
    arrays(np.uint8, array_shapes(min_dims=2, max_dims=3, max_side=7), elements=st.sampled_from([0, 0, 0, 2])),
    st.integers(1, 4),
)
def test_every_so_manieth_row_of_every_so_manieth_plane(labels, step):
    whole = labels.reshape((1,) * (3 - labels.ndim) + labels.shape)[::step, ::step]
    found = Foreground.of(labels).thinned(step).on(tuple(slice(0, side) for side in whole.shape))
    np.testing.assert_array_equal(found, whole)
