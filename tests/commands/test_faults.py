"""ds_prepare and ds_fuse on input that people have had trouble with: what is right, said and refused."""

import json

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.commands import prepare as ds_prepare

from ..label_map_files import SPACING, image_values, label_values, save
from .conftest import runner
from .fuse_runs import assert_refused, read


@pytest.fixture
def prepare(monkeypatch, capsys, tmp_path):
    """Run ds_prepare in this process; gives exit status, stdout and stderr."""
    for variable in ("raw", "preprocessed", "results"):
        monkeypatch.setenv(f"nnUNet_{variable}", str(tmp_path / variable))
    run = runner("ds_prepare", ds_prepare.main, monkeypatch, capsys)
    return lambda *more: run(*("-i", tmp_path / "images", "-l", tmp_path / "candidates", "-d", 701, "-n", "A"), *more)


def write(folder, values=image_values, candidate="{}__r{}.nii.gz", image="{}_0000.nii.gz", labels=None, **geometry):
    labels = label_values((1,)) if labels is None else labels
    for name in "ab":
        save(folder / "images" / image.format(name), values(), **geometry)
        for number in range(2):
            save(folder / "candidates" / candidate.format(name, number), labels, **geometry)
    return folder


def dataset(folder):
    return json.loads((folder / "raw" / "Dataset701_A" / "dataset.json").read_text(encoding="utf-8"))


def test_names_that_are_escaped_are_told_of(prepare, tmp_path):
    write(tmp_path, candidate="{}__r{}_seg.nii.gz")
    status, printed, _ = prepare()
    assert status == 0
    assert "note        4 cases have names that would be taken for something else" in printed
    assert "a__r0_%73eg" in dataset(tmp_path)["dataset"]
    assert dataset(tmp_path)["notes"]


def test_label_maps_with_a_channel_number(prepare, tmp_path):
    write(tmp_path, candidate="r{1}/{0}_0000.nii.gz")
    assert_refused(prepare(), tmp_path / "raw", "a_0000.nii.gz: label maps are named without", "rename it to a.nii.gz")


def test_a_4d_image(prepare, tmp_path):
    write(tmp_path)
    image = sitk.JoinSeries([sitk.GetImageFromArray(image_values())] * 3)
    sitk.WriteImage(image, str(tmp_path / "images" / "a_0000.nii.gz"))
    assert_refused(prepare(), tmp_path / "raw", "a_0000.nii.gz is a 4D image (3 volumes)", "split it into")


def test_one_slice(prepare, tmp_path):
    write(tmp_path, lambda: image_values(size=(1, 10, 12)), labels=label_values((1,), size=(1, 10, 12)))
    status, printed, _ = prepare()
    assert status == 0
    assert "-c 2d" in printed
    assert "nnUNetv2_train 701 2d 0" in printed


def test_hounsfield_units(prepare, tmp_path):
    write(tmp_path, lambda: np.where(label_values((1,)) > 0, 60, -900).astype(np.int16))
    status, printed, _ = prepare("-channels", "CT")
    assert status == 0
    assert "looks like CT" not in printed
    assert dataset(tmp_path)["channel_names"] == {"0": "CT"}


def test_hounsfield_units_without_a_name(prepare, tmp_path):
    write(tmp_path, lambda: np.where(label_values((1,)) > 0, 60, -900).astype(np.int16))
    assert "channel 0 looks like CT (Hounsfield units, -900 to 60" in prepare()[1]


def test_as_many_channel_names_as_channels(prepare, tmp_path):
    assert_refused(prepare_on(prepare, tmp_path)("-channels", "CT", "PET"), tmp_path / "raw", "names 2 channels")


def prepare_on(prepare, folder):
    write(folder)
    return prepare


def test_the_reader_that_was_chosen_is_kept(prepare, fuse, tmp_path):
    write(tmp_path)
    chosen = {"labels": {"background": 0, "liver": 1}, "overwrite_image_reader_writer": "NibabelIOWithReorient"}
    (tmp_path / "candidates" / "dataset.json").write_text(json.dumps(chosen))
    assert "nnU-Net reads the images with NibabelIOWithReorient" in prepare()[1]
    assert dataset(tmp_path)["overwrite_image_reader_writer"] == "NibabelIOWithReorient"
    labels = tmp_path / "raw" / "Dataset701_A" / "labelsTr"
    assert fuse("-i", labels, "-o", tmp_path / "fused", "-rule", "majority", "-d_out", "702_B", "-np", 1)[0] == 0
    second = json.loads((tmp_path / "raw" / "Dataset702_B" / "dataset.json").read_text(encoding="utf-8"))
    assert second["overwrite_image_reader_writer"] == "NibabelIOWithReorient"


def test_images_that_itk_refuses_are_read_with_nibabel(prepare, fuse, tmp_path):
    sheared = np.array([[1, 0.3, 0, 5], [0, 1.5, 0, -7], [0, 0, 2, 9], [0, 0, 0, 1]])
    write(tmp_path)
    for path in [*(tmp_path / "images").iterdir(), *(tmp_path / "candidates").iterdir()]:
        nibabel.save(nibabel.Nifti1Image(read(path).T, sheared), path)
    status, printed, errors = prepare()
    assert (status, errors) == (0, "")
    assert "nnU-Net reads the images with NibabelIO, since ITK refuses 2 of them" in printed
    assert dataset(tmp_path)["overwrite_image_reader_writer"] == "NibabelIO"
    labels = tmp_path / "raw" / "Dataset701_A" / "labelsTr"
    assert fuse("-i", labels, "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)[0] == 0
    assert np.allclose(nibabel.load(tmp_path / "fused" / "a.nii.gz").affine, sheared, atol=1e-5)


def test_float_noise_is_rounded_and_told_of(prepare, fuse, tmp_path):
    write(tmp_path)
    noisy = label_values((1,)).astype(np.float32) * np.float32(1.0000002)
    save(tmp_path / "candidates" / "a__r1.nii.gz", noisy)
    told = "a__r1.nii.gz holds float noise, such as 1.0000002 for 1; it is rounded"
    status, printed, _ = prepare()
    assert status == 0
    assert told in printed
    written = read(tmp_path / "raw" / "Dataset701_A" / "labelsTr" / "a__r1.nii.gz")
    assert set(np.unique(written)) == {0, 1}
    status, printed, _ = fuse("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)
    assert status == 0
    assert told in printed
    assert "labels      0, 1\n" in printed


def test_float_noise_between_channels(prepare, tmp_path):
    """nnU-Net only warns of an origin that differs."""
    write(tmp_path)
    for name in "ab":
        save(tmp_path / "images" / f"{name}_0001.nii.gz", image_values(), origin=(3.0005, -4.0, 5.0))
    assert prepare()[0] == 0
    save(tmp_path / "images" / "b_0001.nii.gz", image_values(), spacing=(SPACING[0] * 1.0005, *SPACING[1:]))
    assert "spacing" in prepare("-d", 703)[2]


def test_probabilities_take_room(fuse, tmp_path):
    write(tmp_path)
    _, printed, _ = fuse(
        *(
            "-i",
            tmp_path / "candidates",
            "-o",
            tmp_path / "fused",
            "-rule",
            "majority",
            "-np",
            1,
            "--save_probabilities",
        )
    )
    assert "--save_probabilities: 2 channels of float32 take up to" in printed


def test_an_earlier_result_with_other_notes_is_continued(fuse, tmp_path):
    write(tmp_path)
    run = ("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)
    assert fuse(*run)[0] == 0
    save(tmp_path / "candidates" / "c__r0.nii.gz", label_values((1,)))
    status, printed, _ = fuse(*run, "--continue")
    assert status == 0
    assert "1 of 3 images have one candidate only: c" in printed
    assert "fused       1 image, 2 finished before" in printed


@pytest.mark.parametrize("name", ["dataset.json", "scores.csv"])
def test_a_record_that_was_not_fetched_is_not_missing(fuse, tmp_path, name):
    write(tmp_path)
    (tmp_path / "candidates" / name).symlink_to("nowhere")
    refused = fuse("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-np", 1)
    assert_refused(refused, tmp_path / "fused", f"{name} is a link to nowhere")


def test_names_of_labels_that_were_not_fetched(prepare, tmp_path):
    write(tmp_path)
    (tmp_path / "candidates" / "dataset.json").symlink_to("nowhere")
    assert_refused(prepare(), tmp_path / "raw", "dataset.json is a link to nowhere")


@pytest.mark.parametrize("named", [False, True])
def test_what_is_doubtful_is_told_where_it_may_be_the_cause(prepare, tmp_path, named):
    write(tmp_path)
    for name in "ab":
        save(tmp_path / "candidates" / f"{name}__r1.nii.gz", label_values((255,)))
    (tmp_path / "labels.json").write_text('{"liver": 1}')
    doubt = "candidate 'r0' holds the labels 1 and the others 255; do they mean the same? If so, mend that first; else"
    refused = prepare("-labels", tmp_path / "labels.json") if named else prepare()
    assert_refused(refused, tmp_path / "raw", doubt, "a__r1.nii.gz")


def test_probabilities_are_not_taken_for_a_scheme_of_labels(prepare, tmp_path):
    write(tmp_path, labels=(2 * (np.arange(960) % 100)).reshape(8, 10, 12).astype(np.uint8))
    assert_refused(prepare(), tmp_path / "raw", "change from voxel to voxel", "are they no label maps?")


def test_a_candidate_that_votes_twice_is_told_of(prepare, fuse, tmp_path):
    write(tmp_path)
    told = "candidates 'r0', 'r1' have the same label maps on all images that they share"
    assert told in prepare()[1]
    assert told in fuse("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)[1]


def test_folders_that_are_images_without_the_layout(prepare, tmp_path):
    write(tmp_path, candidate="{}/r{}.nii.gz")
    assert_refused(prepare(), tmp_path / "raw", "give -layout by_image")


def test_records_that_are_none(fuse, tmp_path):
    write(tmp_path)
    run = ("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)
    (tmp_path / "candidates" / "plans.json").write_text("{")
    assert_refused(fuse(*run, "--save_probabilities"), tmp_path / "fused", "plans.json cannot be read as JSON")
    (tmp_path / "fused").mkdir()
    (tmp_path / "fused" / "fusion.json").write_text("[]")
    status, _, errors = fuse(*run, "--continue")
    assert status == 2
    assert "fusion.json is not a JSON object; fuse again" in errors


def test_a_byte_order_mark_in_what_is_copied(fuse, tmp_path):
    write(tmp_path)
    names = json.dumps({"labels": {"background": 0, "liver": 1}})
    (tmp_path / "candidates" / "dataset.json").write_text(names, encoding="utf-8-sig")
    run = ("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-np", 1)
    assert fuse(*run, "--save_probabilities")[0] == 0
    assert json.loads((tmp_path / "fused" / "dataset.json").read_text(encoding="utf-8"))["labels"]["liver"] == 1


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"list_of_lists_or_source_folder": "/nowhere/images"}, "says that the images lie in /nowhere/images"),
        ({"list_of_lists_or_source_folder": [[]]}, "does not name the images that were predicted"),
    ],
)
def test_images_of_predictions_that_are_not_found(fuse, monkeypatch, tmp_path, record, message):
    for variable in ("raw", "preprocessed", "results"):
        monkeypatch.setenv(f"nnUNet_{variable}", str(tmp_path / variable))
    write(tmp_path)
    (tmp_path / "candidates" / "predict_from_raw_data_args.json").write_text(json.dumps(record))
    run = ("-i", tmp_path / "candidates", "-o", tmp_path / "fused", "-rule", "majority", "-d_out", "702_B", "-np", 1)
    assert_refused(fuse(*run), tmp_path / "fused", "predict_from_raw_data_args.json", message)
