import json
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.planning.output_labels import channel_count, names_of_fusion


def in_files(*values):
    return {value: Path(f"{value}.nii.gz") for value in values}


def dataset_json(folder, labels, **more):
    (folder / "dataset.json").write_text(json.dumps({"labels": labels, **more}))
    return folder / "dataset.json"


def test_without_a_dataset_json():
    assert names_of_fusion(None, in_files(0, 1, 2), False).labels == {"background": 0, "label_1": 1, "label_2": 2}
    assert names_of_fusion(None, in_files(0, 1, 2), True).ignore_label == 3
    with pytest.raises(InputError, match=r"not consecutive.*255 is in 255\.nii\.gz"):
        names_of_fusion(None, in_files(0, 255), False)


def test_with_one(tmp_path):
    path = dataset_json(tmp_path, {"background": 0, "liver": 1, "spleen": 2})
    assert names_of_fusion(path, in_files(0, 1), False).labels == {"background": 0, "liver": 1, "spleen": 2}
    assert names_of_fusion(path, in_files(0, 1), True).labels["ignore"] == 3
    with pytest.raises(InputError, match=r"5\.nii\.gz holds the label 5, which .*dataset.json does not name; correct"):
        names_of_fusion(path, in_files(0, 5), False)


def test_its_ignore_label_is_used(tmp_path):
    path = dataset_json(tmp_path, {"background": 0, "liver": 1, "ignore": 2})
    names = names_of_fusion(path, in_files(0, 1, 2), True)
    assert names.ignore_label == 2
    assert channel_count(names) == 2


def test_channels():
    assert channel_count(names_of_fusion(None, in_files(0, 1, 2), True)) == 3


def test_regions_have_no_channels(tmp_path):
    path = dataset_json(tmp_path, {"background": 0, "all": [1, 2], "core": [2]}, regions_class_order=[1, 2])
    with pytest.raises(InputError, match="regions"):
        channel_count(names_of_fusion(path, in_files(0, 1, 2), False))
