import os
import subprocess
import sys

import pytest

from nnunet_deepstaple.demo.data import write_data

MAIN = "from nnunet_deepstaple.commands.run import main; main()"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    write_data(folder, images=1, candidates=2, test_images=1)
    return folder


def ds_run(folder, *options, **variables):
    given = ["-i", "images", "-l", "candidates", "-d", "701", "-n", "Mine", "-device", "cpu", *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("nnUNet_")} | variables
    command = [sys.executable, "-c", MAIN, *given]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)


def test_a_dry_run_lists_the_steps_and_writes_nothing(folder):
    before = sorted(folder.iterdir())
    done = ds_run(folder, "--dry_run", nnUNet_raw="/elsewhere")
    assert (done.returncode, done.stderr) == (0, "")
    assert "$ export nnUNet_raw=" not in done.stdout
    assert f"$ export nnUNet_results={folder}/ds_run/nnUNet_results\n" in done.stdout
    assert f"\nprepare: to run\n$ ds_prepare -i {folder}/images -l {folder}/candidates -d 701 -n Mine\n" in done.stdout
    assert "\ntrain_consensus: to run\n$ nnUNetv2_train 702 3d_fullres 0 -tr nnUNetTrainer -device cpu\n" in done.stdout
    assert "/elsewhere/Dataset701_Mine/labelsTr" in done.stdout
    assert sorted(folder.iterdir()) == before


def test_a_dry_run_stops_where_it_is_told_to(folder):
    done = ds_run(folder, "--dry_run", "-until", "fuse")
    assert "\nfuse: to run" in done.stdout
    assert "report" not in done.stdout


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-i", "nowhere"], "nowhere is not a folder; give the folder that holds the images"),
        (["-o", "/dev/null/x"], "/dev/null/x cannot be written (/dev/null is no folder); choose another folder"),
        (["-d", "999"], "-d 999 is not a number from 1 to 998; choose one that is free, as is the next"),
        (["-until", "fusion", "--dry_run"], "there is no step fusion; choose one of prepare, preprocess, train, fuse"),
        (["-device", "tpu", "--dry_run"], "argument -device: invalid choice: 'tpu'"),
        (["-tr", "nnUNetTrainer"], "-tr nnUNetTrainer scores no candidates"),
        pytest.param(
            ["-tr", "nnUNetTrainerDeepSTAPLE_mine"],
            "nnU-Net finds no trainer nnUNetTrainerDeepSTAPLE_mine; check the name",
            marks=pytest.mark.slow,  # nnU-Net looks into each of its modules
        ),
        (["-o", "images/work"], "-o images/work lies in"),
    ],
)
def test_wrong_input_is_one_line_and_nothing_is_written(folder, options, message):
    before = sorted(folder.rglob("*"))
    done = ds_run(folder, *options)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(folder.rglob("*")) == before


def test_a_dataset_of_others_is_left_alone(folder, tmp_path):
    precious = tmp_path / "nnUNet_raw/Dataset702_MineFused"
    precious.mkdir(parents=True)
    done = ds_run(folder, "-o", str(tmp_path), "--dry_run")
    assert done.returncode == 2
    assert done.stderr == f"error: {precious} was not made by this run; choose another dataset id or -o, or remove it\n"
