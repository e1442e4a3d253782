import numpy as np
import pytest

from nnunet_deepstaple.trainers.lraspp.class_weights import class_weights, count_voxels


class Dataset:
    """Preprocessed cases in memory."""

    def __init__(self, labels):
        self.labels = labels

    def load_case(self, case):
        return None, self.labels[case], None, {}


def test_voxels_are_counted_over_the_candidates():
    labels = {"a": np.array([[[-1, 0, 1], [2, 2, 3]]]), "b": np.array([[[0, 1, 1]]]), "c": np.array([[[1]]])}
    assert count_voxels(Dataset(labels), ["a", "b"], 3).tolist() == [3, 3, 2]  # 3 is the ignore label


def test_weights_are_the_papers():
    weights = class_weights(np.array([1000, 10])).double()
    assert weights.mean() == pytest.approx(1)
    assert float(weights[1] / weights[0]) == pytest.approx(100**0.35, rel=1e-5)


def test_a_class_that_no_candidate_shows_has_a_finite_weight():
    assert class_weights(np.array([10, 0])).isfinite().all()
