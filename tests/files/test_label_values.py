import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnunet_deepstaple.files.label_values import present_labels

KINDS = st.sampled_from([(np.uint8, 255), (np.uint8, 4), (np.uint16, 65535)])
LABELS = KINDS.flatmap(lambda kind: arrays(kind[0], st.integers(0, 400), elements=st.integers(0, kind[1])))


@given(LABELS)
def test_present_labels(labels):
    assert present_labels(labels).tolist() == sorted({0, *labels.tolist()})


def test_a_label_of_a_single_voxel_is_found():
    labels = np.tile(np.arange(40, dtype=np.uint8), 1000)
    labels[-1] = 77
    assert present_labels(labels.reshape(2, 100, 200)).tolist() == [*range(40), 77]
