import json
import os
import subprocess
import sys

import numpy as np
import pytest

from nnunet_deepstaple.datasets.nnunet_folders import VARIABLES

from ..files.test_lock import hold
from ..label_map_files import image_values, label_values, save


@pytest.fixture
def data(tmp_path):
    """Two images with two candidates each, and nnU-Net's folders, which do not exist yet."""
    for image in ("a", "b"):
        save(tmp_path / "images" / f"{image}_0000.nii.gz", image_values())
        for candidate in ("x", "y"):
            save(tmp_path / "candidates" / f"{image}__{candidate}.nii.gz", label_values())
    return tmp_path


def environment(folder, without=()):
    inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**inherited, **{name: str(folder / name) for name in VARIABLES if name not in without}}


def ds_prepare(folder, *arguments, env=None):
    main = "from nnunet_deepstaple.commands.prepare import main; main()"
    arguments = arguments or ("-i", "images", "-l", "candidates", "-d", "701", "-n", "Test")
    command = [sys.executable, "-c", main, *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=env or environment(folder), capture_output=True, encoding="utf-8", check=False
    )


def written(folder):
    return sorted(path for path in folder.glob("nnUNet_*/**/*") if path.is_file())


def test_prints_what_it_found_and_what_to_type_next(data):
    done = ds_prepare(data)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in (
        "images      2",
        "candidates  4, 2 per image, layout flat",
        "background = 0, label_1 = 1, label_2 = 2",
        "ds_plan_and_preprocess -d 701 -c 3d_fullres",
        "nnUNetv2_train 701 3d_fullres 0 -tr nnUNetTrainerDeepSTAPLE",
    ):
        assert words in done.stdout
    assert "rewritten" not in done.stdout
    assert (data / "nnUNet_raw" / "Dataset701_Test" / "dataset.json").is_file()


def test_a_second_run_with_the_same_id_is_refused_before_any_label_map_is_read(data):
    (data / "nnUNet_raw").mkdir()
    for path in (data / "candidates").iterdir():
        path.write_bytes(b"")
    child = hold(data / "nnUNet_raw/.Dataset701.lock")
    done = ds_prepare(data)
    assert done.returncode == 2
    assert "Dataset701_Test is being written by" in done.stderr
    child.communicate("\n")


def test_says_what_was_rewritten(data):
    save(data / "candidates" / "a__x.nii.gz", label_values(), origin=(3.0005, -4.0, 5.0))
    done = ds_prepare(data)
    assert done.returncode == 0, done.stderr
    assert "rewritten   1 of 4 label maps" in done.stdout


def test_nnunet_finds_the_dataset_sound(data):
    verify = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity")
    save(data / "candidates" / "b__x.nii.gz", label_values(dtype=np.float32), spacing=(1.0, 1.5004, 2.0))
    content = {"labels": {"background": 0, "whole": [1, 2], "core": 2, "ignore": 3}, "regions_class_order": [1, 2]}
    (data / "candidates" / "dataset.json").write_text(json.dumps(content))
    done = ds_prepare(data)
    assert done.returncode == 0, done.stderr
    verify.verify_dataset_integrity(str(data / "nnUNet_raw" / "Dataset701_Test"), num_processes=1)


def without_candidates(data):
    save(data / "images" / "c_0000.nii.gz", image_values())


def without_image(data):
    (data / "images" / "b_0000.nii.gz").unlink()


def other_geometry(data):
    save(data / "candidates" / "b__y.nii.gz", label_values(), origin=(3.0, -4.0, 7.0))


def other_size(data):
    save(data / "candidates" / "b__y.nii.gz", label_values(size=(9, 10, 12)))


def labels_not_consecutive(data):
    save(data / "candidates" / "b__y.nii.gz", label_values((1, 2, 4)))


def labels_not_integers(data):
    save(data / "candidates" / "b__y.nii.gz", label_values(dtype=np.float32) * 0.99)


def truncated_file(data):
    path = data / "candidates" / "b__y.nii.gz"
    path.write_bytes(path.read_bytes()[:40])


def no_images(data):
    for path in (data / "images").iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (without_candidates, "image 'c' has no candidate in candidates"),
        (without_image, "b__x.nii.gz is a candidate of image 'b', which is not in images"),
        (other_geometry, "b__y.nii.gz has origin (3, -4, 7) instead of (3, -4, 5)"),
        (other_size, "b__y.nii.gz has size (12, 10, 9) instead of (12, 10, 8)"),
        (labels_not_consecutive, "labels 0, 1, 2, 4, which are not consecutive"),
        (labels_not_integers, "b__y.nii.gz holds the value 1.98"),
        (truncated_file, "b__y.nii.gz cannot be read"),
        (no_images, "images holds no images"),
    ],
)
def test_bad_input_is_one_line_and_nothing_written(data, spoil, message):
    spoil(data)
    refused(ds_prepare(data), data, message)


@pytest.mark.parametrize("variable", VARIABLES)
def test_missing_variable_is_one_line_and_nothing_written(data, variable):
    done = ds_prepare(data, env=environment(data, without=[variable]))
    refused(done, data, f"{variable} is not set")


@pytest.mark.parametrize("variable", VARIABLES)
def test_id_in_use_is_one_line_and_nothing_written(data, variable):
    (data / variable / "Dataset701_Other").mkdir(parents=True)
    refused(ds_prepare(data), data, "dataset id 701 is in use by")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-i", "images", "-l", "candidates", "-d", "x", "-n", "A"], "dataset id 'x'"),
        (["-i", "images", "-l", "candidates", "-d", "701", "-n", "a/b"], "dataset name 'a/b'"),
        (["-i", "none", "-l", "candidates", "-d", "701", "-n", "A"], "none is not a folder"),
        (["-i", "images", "-l", "none", "-d", "701", "-n", "A"], "none is not a folder"),
        (["-i", "images", "-l", "candidates", "-d", "701", "-n", "A", "-labels", "none.json"], "none.json"),
    ],
)
def test_bad_arguments_are_one_line_and_nothing_written(data, arguments, message):
    refused(ds_prepare(data, *arguments), data, message)


def refused(done, folder, message):
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stdout == ""
    assert written(folder) == []
