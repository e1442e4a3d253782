"""A stranger's dataset.json is checked before anything is done with it."""

import json

import pytest
from hypothesis import given

from nnunet_deepstaple.datasets.case_ids import case_id
from nnunet_deepstaple.datasets.dataset_json import read_dataset_json
from nnunet_deepstaple.datasets.label_names import read_label_names
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.datasets.raw_dataset import named_channels, read_case_images, reader_of
from nnunet_deepstaple.errors import InputError

from ..fuzz import changed, fuzz, read_or_one_line

GOOD = {
    "channel_names": {"0": "CT", "1": "MR"},
    "labels": {"background": 0, "liver": 1, "spleen": [1, 2]},
    "regions_class_order": [1, 2],
    "numTraining": 1,
    "file_ending": ".nii.gz",
    "overwrite_image_reader_writer": "SimpleITKIO",
    "dataset": {"p0__r0": {"images": ["/images/p0_0000.nii.gz"], "label": "labelsTr/p0__r0.nii.gz"}},
}


def write(path, content):
    path.write_text(json.dumps(content), encoding="utf-8", errors="surrogatepass")
    return path


def test_a_good_one(tmp_path):
    path = write(tmp_path / "dataset.json", GOOD)
    assert read_dataset_json(path) == GOOD
    assert list(read_case_images(tmp_path)) == ["p0__r0"]


@pytest.mark.parametrize("case", ["../../../../evil", "/evil", "a/b", "", "..", "a\nb"])
def test_a_case_stays_in_its_folder(tmp_path, case):
    path = write(tmp_path / "dataset.json", {**GOOD, "dataset": {case: GOOD["dataset"]["p0__r0"]}})
    for read in (read_dataset_json, lambda path: read_case_images(path.parent)):
        with pytest.raises(InputError, match=r"is not the name of a file|holds a control character"):
            read(path)


@pytest.mark.parametrize(
    "name", ["\u202eabc", "a\u200bb", "a\u00a0b", " a ", "\U0001f468\u200d\U0001f469", "$HOME", "ü%20"]
)
def test_what_may_be_listed_is_read_back(tmp_path, name):
    """Marks of direction, spaces without a width and the like are odd, and names have them."""
    (tmp_path / "labels").mkdir()
    (tmp_path / f"labels/{name}__r0.nii.gz").touch()
    ((path, _),) = label_maps_in(tmp_path / "labels")
    assert path.name.startswith(name)
    case = {"images": [f"/images/{name}_0000.nii.gz"], "label": f"labelsTr/{case_id(name, 'r0')}.nii.gz"}
    write(tmp_path / "dataset.json", {**GOOD, "dataset": {case_id(name, "r0"): case}})
    assert list(read_case_images(tmp_path)) == [case_id(name, "r0")]


@pytest.mark.parametrize("ending", ["/../x", "nii", 3, None])
def test_a_file_ending_is_one(tmp_path, ending):
    with pytest.raises(InputError, match="file"):
        read_dataset_json(write(tmp_path / "dataset.json", {**GOOD, "file_ending": ending}))


@fuzz
@given(content=changed(GOOD))
def test_any_content(tmp_path, content):
    path = write(tmp_path / "dataset.json", content)
    for read in (read_dataset_json, read_label_names, named_channels, reader_of):
        read_or_one_line(read, path)
    if isinstance(content, dict) and content.get("dataset") is not None:
        read_or_one_line(lambda path: read_case_images(path.parent), path)
