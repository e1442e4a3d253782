import numpy as np

from nnunet_deepstaple.datasets.label_names import read_label_names
from nnunet_deepstaple.datasets.raw_dataset import write_dataset_json
from scripts.experiments.nested_regions import decode, encode, nested_names

SHARES = np.array(
    [
        [0.9, 0.7, 0.5, 0.2, 0.0, 0.4],
        [0.1, 0.3, 0.5, 0.0, 0.0, 0.35],
        [0.0, 0.0, 0.0, 0.8, 1.0, 0.25],
    ]
).reshape(3, 1, 1, 6)


def test_the_value_tells_label_and_level():
    np.testing.assert_array_equal(encode(SHARES).ravel(), [0, 1, 2, 6, 6, 1])


def test_half_of_the_votes_is_the_label():
    np.testing.assert_array_equal(decode(encode(SHARES)).ravel(), [0, 0, 1, 2, 2, 0])


def test_regions_lie_in_one_another_and_high_ones_are_painted_last(tmp_path):
    names = nested_names(2)
    assert names.labels["label_1_at_0.25"] == [1, 2, 3]
    assert names.labels["label_2_at_0.75"] == [6]
    assert names.regions_class_order == [1, 4, 2, 5, 3, 6]
    write_dataset_json(tmp_path, {}, names, ["T1"], ".nii.gz")
    assert read_label_names(tmp_path / "dataset.json") == names  # nnU-Net can train on them
