import json
from pathlib import Path

import pytest

from nnunet_deepstaple.datasets.label_names import LabelNames, label_names_of_values, read_label_names
from nnunet_deepstaple.errors import InputError


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "labels.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_label_names(path)

    return read


def test_plain_object_and_dataset_json_read_the_same(read):
    labels = {"background": 0, "liver": 1}
    assert read(labels) == read({"labels": labels, "channel_names": {"0": "CT"}}) == LabelNames(labels)


def test_background_may_be_left_out(read):
    assert read({"liver": 1}) == LabelNames({"background": 0, "liver": 1})


def test_regions_and_ignore_label_survive(read):
    labels = {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}
    names = read({"labels": labels, "regions_class_order": [1, 2]})
    assert names == LabelNames(labels, [1, 2])
    assert names.values == [0, 1, 2, 3]
    assert names.ignore_label == 3
    assert names.has_regions


def test_values_are_named_by_themselves():
    names = label_names_of_values({2, 1})
    assert names.labels == {"background": 0, "label_1": 1, "label_2": 2}
    assert names.ignore_label is None
    assert not names.has_regions


@pytest.mark.parametrize("values", [{0, 2}, {1, 3}, {0, 255}])
def test_values_must_be_consecutive(values):
    with pytest.raises(InputError, match="not consecutive"):
        label_names_of_values(values)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no json", "cannot be read"),
        ([1, 2], "not a JSON object"),
        ({"background": 1, "liver": 0}, "background is 1"),
        ({"liver": 2}, "not consecutive"),
        ({"liver": "1"}, "give an integer"),
        ({"liver": True}, "give an integer"),
        ({"liver": []}, "give an integer"),
        ({"liver": 1, "tumour": 1}, "names 1 both 'liver' and 'tumour'"),
        ({"liver": 1, " ": 2}, "a label without a name"),
        ({"labels": ["background", "liver"]}, '"labels" is'),
        ({"liver": -1}, "give an integer"),
        ({"ignore": 1, "liver": 2}, "ignore label is 1"),
        ({"liver": 1, "ignore": 255}, "renumber it to 2"),
        ({"0": "background", "1": "liver"}, 'nnU-Net v1; turn name and value round: {"background": 0, "liver": 1}'),
        ({"channel_names": {"0": "CT"}, "file_ending": ".nii.gz"}, "a dataset.json without labels"),
        ({"whole": [1, 2], "core": 2}, "regions_class_order"),
        ({"labels": {"whole": [1, 2], "core": 2}, "regions_class_order": [1]}, "regions_class_order"),
    ],
)
def test_labels_that_nnunet_cannot_train_on_are_refused(read, content, message):
    with pytest.raises(InputError, match=message):
        read(content)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.json"):
        read_label_names(tmp_path / "none.json")


def test_byte_order_marks_and_code_pages(tmp_path):
    (tmp_path / "a.json").write_text('{"liver": 1}', encoding="utf-8-sig")
    assert read_label_names(tmp_path / "a.json").labels == {"background": 0, "liver": 1}
    (tmp_path / "b.json").write_text('{"Läsion": 1}', encoding="latin-1")
    with pytest.raises(InputError, match="not written in UTF-8"):
        read_label_names(tmp_path / "b.json")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ("version https://git-lfs.github.com/spec/v1\n", "fetch it with git lfs pull"),
        ('{"liver": 1,}', "correct it there"),
        ('{"liver": 1, "liver": 2}', "has 'liver' twice"),
    ],
)
def test_files_that_are_no_json_are_told_apart(read, content, reason):
    with pytest.raises(InputError, match=reason):
        read(content)


@pytest.mark.parametrize("name", ["Background", "clear label", "background"])
def test_whatever_0_is_called_it_is_the_background(read, name):
    assert read({name: 0, "liver": 1}).labels == {"background": 0, "liver": 1}


def test_a_mask_is_told_from_a_scheme_of_labels():
    with pytest.raises(InputError, match=r"255 is in b\.nii\.gz\): write 1 for 255 in the label maps if it only marks"):
        label_names_of_values({0, 255}, Path("b.nii.gz"))
    with pytest.raises(InputError, match=r"must be: beside the candidates, write a dataset\.json that names all"):
        label_names_of_values({0, 1, 2, 5})
