"""What ds_prepare makes of sources that do not mean the same, of structures, and of other grids."""

import json

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.datasets.prepare import PrepareRequest, check, write
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.label_maps import read_label_map

from ..label_map_files import image_values, label_values, save

LABELS = label_values((1, 2))


def quiet(items, *_):
    return items


@pytest.fixture
def prepared(tmp_path):
    for image in ("x", "y"):
        save(tmp_path / "images" / f"{image}_0000.nii.gz", image_values())

    def prepare(sources=None, **options):
        path = None
        if sources:
            path = tmp_path / "sources.json"
            path.write_text(json.dumps(sources))
        request = PrepareRequest(tmp_path / "images", [tmp_path / "in"], sources=path, **options)
        write(check(request, quiet), tmp_path / "raw" / "Dataset701_A", quiet)
        dataset = json.loads((tmp_path / "raw" / "Dataset701_A" / "dataset.json").read_text())
        labels = {path.name[:-7]: read_label_map(path)[0] for path in (tmp_path / "raw").rglob("*.nii.gz")}
        return dataset, labels

    prepare.folder = tmp_path / "in"
    return prepare


def test_each_case_says_what_it_annotates(prepared):
    for image in ("x", "y"):
        save(prepared.folder / "whole" / f"{image}.nii.gz", (LABELS > 0).astype(np.uint8))
        save(prepared.folder / "zones" / f"{image}.nii.gz", LABELS)
        save(prepared.folder / "zones_turned" / f"{image}.nii.gz", np.array([0, 2, 1], np.uint8)[LABELS])
    dataset, labels = prepared(
        {
            "whole": {"labels": {"gland": 1}, "means": {"gland": ["a", "b"]}},
            "zones": {"labels": {"a": 1, "b": 2}},
            "zones_turned": {"labels": {"a": 2, "b": 1}, "annotates": ["b"]},
        }
    )
    assert dataset["labels"] == {"background": 0, "a": 1, "b": 2}
    assert dataset["means"] == {"gland": ["a", "b"]}
    said = {case: one.get("annotates") for case, one in dataset["dataset"].items()}
    assert said == {f"{image}__{name}": names for image in "xy" for name, names in
                    (("zones_turned", ["b"]), ("whole", ["gland"]), ("zones", None))}  # fmt: skip
    np.testing.assert_array_equal(labels["x__whole"], LABELS > 0)
    np.testing.assert_array_equal(labels["x__zones"], LABELS)
    np.testing.assert_array_equal(labels["x__zones_turned"], np.where(LABELS == 2, 2, 0))


def test_structures_of_images_are_told_by_the_names_of_the_images(prepared):
    for image in ("x", "y"):
        save(prepared.folder / image / "rater" / "a.nii.gz", (LABELS == 1).astype(np.uint8))
        if image == "x":
            save(prepared.folder / image / "rater" / "b.nii.gz", (LABELS == 2).astype(np.uint8))
    dataset, labels = prepared(layout="structures")
    assert dataset["labels"] == {"background": 0, "a": 1, "b": 2}
    assert {case: one.get("annotates") for case, one in dataset["dataset"].items()} == {
        "x__rater": None,
        "y__rater": ["a"],
    }
    np.testing.assert_array_equal(labels["x__rater"], LABELS)


def test_outside_of_its_field_of_view_a_case_is_ignored(prepared):
    for image in ("x", "y"):
        whole = sitk.ReadImage(str(save(prepared.folder / "whole" / f"{image}.nii.gz", LABELS)))
        (prepared.folder / "cut").mkdir(exist_ok=True)
        sitk.WriteImage(whole[:, :, :5], str(prepared.folder / "cut" / f"{image}.nii.gz"))
    with pytest.raises(InputError, match=r"another field of view.*--resample"):
        prepared()
    dataset, labels = prepared(resample=True)
    assert dataset["labels"] == {"background": 0, "label_1": 1, "label_2": 2, "ignore": 3}
    expected = LABELS.copy()
    expected[5:] = 3
    np.testing.assert_array_equal(labels["x__cut"], expected)
    np.testing.assert_array_equal(labels["x__whole"], LABELS)


def test_a_number_without_a_name_is_refused(prepared):
    for image in ("x", "y"):
        save(prepared.folder / "a" / f"{image}.nii.gz", LABELS)
    with pytest.raises(InputError, match=r"a/x\.nii\.gz holds the number 2, which its source does not name"):
        prepared({"a": {"labels": {"liver": 1}}})
