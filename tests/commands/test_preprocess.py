"""The real commands beside nnU-Net's: the same folders, the same network, and whatever may go wrong in between."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from nnunet_deepstaple.commands import plan_and_preprocess as ds_plan_and_preprocess
from nnunet_deepstaple.commands import preprocess as ds_preprocess
from nnunet_deepstaple.datasets.nnunet_folders import VARIABLES

from ..conftest import DATASET, STOCK, shrink_plans
from ..nnunet_runs import Workspace
from ..preprocess.folders import differences
from ..preprocess.raw_kinds import write_kind
from .conftest import runner

FOLDERS = ("nnUNetPlans_2d", "nnUNetPlans_3d_fullres")
KIND = "Dataset801_Plain"


@pytest.fixture(scope="module")
def ours(planned: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The planned dataset, planned and preprocessed once more, by our command."""
    workspace = replace(planned, preprocessed=tmp_path_factory.mktemp("ours"))
    printed = workspace.run("ds_plan_and_preprocess", "-d", 701, "-c", "2d", "3d_fullres", "-np", 2)
    assert "images      6, with 3 candidates each" in printed
    assert "note" not in printed
    shrink_plans(workspace.preprocessed / DATASET, "2d", "3d_fullres")
    return workspace


@pytest.mark.parametrize(
    ("command", "variable", "number", "least"),
    [
        (ds_plan_and_preprocess, "nnUNet_n_proc_DA", "0", 1),
        (ds_plan_and_preprocess, "nnUNet_n_proc_DA", "many", 1),
        (ds_preprocess, "nnUNet_n_proc_DA", "-1", 0),
        (ds_preprocess, "nnUNet_def_n_proc", "0", 1),
    ],
)
def test_numbers_of_processes_that_nnunet_cannot_use(tmp_path, monkeypatch, capsys, command, variable, number, least):
    for folder in VARIABLES:
        monkeypatch.setenv(folder, str(tmp_path))
    monkeypatch.setenv(variable, number)
    status, _, errors = runner("ds", command.main, monkeypatch, capsys)("-d", 701)
    told = f"error: {variable} is '{number}', and nnU-Net needs a number of {least} or more here; set it anew\n"
    assert (status, errors) == (2, told)


@pytest.mark.slow
def test_all_that_planning_and_preprocessing_leave_is_nnunets(planned, ours):
    stock, folder = planned.preprocessed / DATASET, ours.preprocessed / DATASET
    for file in ("dataset_fingerprint.json", "nnUNetPlans.json", "dataset.json"):
        assert (folder / file).read_bytes() == (stock / file).read_bytes()
    for name in (*FOLDERS, "gt_segmentations"):
        assert differences(folder / name, stock / name) == []


@pytest.mark.slow
def test_a_network_trained_on_it_is_the_same_bit_by_bit(planned, ours, tmp_path):
    weights = []
    for name, workspace in (("stock", planned), ("ours", ours)):
        results = tmp_path / name
        results.mkdir()
        trained = replace(workspace, results=results)
        trained.train(701, "2d", STOCK)
        if name == "stock":  # another trainer may have split the shared dataset in its own way
            shutil.copy(planned.preprocessed / DATASET / "splits_final.json", ours.preprocessed / DATASET)
        checkpoint = torch.load(trained.fold(DATASET, "2d", STOCK) / "checkpoint_final.pth", weights_only=False)
        weights.append(checkpoint["network_weights"])
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.slow
def test_the_consensus_dataset_takes_over_the_images(ours, tmp_path):
    places = {
        name: tmp_path / name for name in ("raw", "preprocessed", "results")
    }  # other tests make a dataset 702, too
    workspace = replace(ours, **places)
    shutil.copytree(ours.preprocessed, workspace.preprocessed, copy_function=os.link)
    shutil.copytree(ours.raw / DATASET, workspace.raw / DATASET)
    labels = workspace.raw / DATASET / "labelsTr"
    workspace.run("ds_fuse", "-i", labels, "-o", tmp_path / "fused", "-rule", "majority", "-d_out", "702_Fused")
    printed = workspace.run("ds_plan_and_preprocess", "-d", 702, "-c", "3d_fullres", "-np", 1)
    first = workspace.preprocessed / DATASET / FOLDERS[1]
    assert f"note        6 of 6 images are those of {first}, made from the same files in the same way" in printed
    folder = workspace.preprocessed / "Dataset702_Fused"
    image = next(path for path in (folder / FOLDERS[1]).glob("*.b2nd") if not path.stem.endswith("_seg"))
    assert image.stat().st_ino in {path.stat().st_ino for path in first.iterdir()}
    (folder / FOLDERS[1]).rename(tmp_path / "linked")
    workspace.run("nnUNetv2_preprocess", "-d", 702, "-c", "3d_fullres", "-np", 1)
    assert differences(tmp_path / "linked", folder / FOLDERS[1]) == []


@pytest.mark.slow
def test_plain_copies_of_the_folder_work(ours, tmp_path):
    folder = ours.preprocessed / DATASET / FOLDERS[0]
    shutil.copytree(folder, tmp_path / "copied")
    assert differences(folder, tmp_path / "copied") == []
    subprocess.run(["tar", "-cf", tmp_path / "it.tar", "-C", folder.parent, folder.name], check=True)
    subprocess.run(["tar", "-xf", tmp_path / "it.tar", "-C", tmp_path], check=True)
    assert differences(folder, tmp_path / folder.name) == []


@pytest.mark.slow
def test_twenty_kills_lose_nothing(tmp_path):
    workspace = Workspace.within(tmp_path)
    write_kind(workspace.raw, KIND)
    command = [sys.executable, "-m", "tests.commands.kills", KIND, "20"]
    root = Path(__file__).parents[2]
    run = subprocess.run(
        command, cwd=root, env=workspace.environment, capture_output=True, encoding="utf-8", check=False
    )
    assert run.returncode == 0, run.stderr[-4000:]
    assert int(run.stdout.splitlines()[-1]) == 20
    folder = workspace.preprocessed / KIND
    for name in ("nnUNetPlans_3d_fullres", "gt_segmentations"):
        assert differences(folder / name, folder / f"{name}.undisturbed") == []
    assert not list(folder.glob("*.unfinished"))


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A raw dataset that nobody has planned, and nnU-Net's folders."""
    for name in VARIABLES:
        (tmp_path / name).mkdir()
    write_kind(tmp_path / "nnUNet_raw", KIND)
    return tmp_path / "nnUNet_raw" / KIND


def ds_preprocess(folder: Path, *arguments: object, command: str = "preprocess", limit: int | None = None) -> "Run":
    """Run the command; no file may grow over ``limit`` bytes, as if the disk were full."""
    main = f"from nnunet_deepstaple.commands.{command} import main; main()"
    if limit is not None:
        main = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); {main}"
    environment = os.environ | {name: str(folder / name) for name in VARIABLES}
    return subprocess.run(
        [sys.executable, "-c", main, *map(str, arguments)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


Run = subprocess.CompletedProcess[str]


def refused(run: Run) -> str:
    """The one line that says what is wrong."""
    assert run.returncode == 2, run.stderr[-2000:]
    assert len(run.stderr.splitlines()) == 1
    return run.stderr


def test_help_has_examples_and_is_quick(tmp_path):
    run = ds_preprocess(tmp_path, "--help")
    assert "--continue" in run.stdout
    assert "examples:" in run.stdout


def test_a_dataset_that_is_not_there(raw):
    assert f"{raw.parent} has no dataset 700" in refused(ds_preprocess(raw.parents[1], "-d", 700))


@pytest.mark.slow
def test_what_goes_wrong_is_one_line(raw):
    folder = raw.parents[1]
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_fullres"))
    assert "nnUNetPlans.json is missing; plan with ds_plan_and_preprocess -d 801" in line
    planned = ds_preprocess(folder, "-d", raw.name, "-c", "3d_fullres", "-np", 1, command="plan_and_preprocess")
    assert planned.returncode == 0, planned.stderr[-2000:]
    data = folder / "nnUNet_preprocessed" / raw.name / "nnUNetPlans_3d_fullres"
    before = {path.name: path.stat().st_mtime_ns for path in data.iterdir()}

    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_lowres"))
    assert "has no configuration '3d_lowres'; choose among 2d, 3d_fullres" in line
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "2d", "-p", "nnUNetResEncUNetMPlans"))
    assert "nnUNetResEncUNetMPlans.json is missing; choose one of nnUNetPlans with -p" in line
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1, limit=9000))
    assert "cannot be written" in line
    assert "free some space" in line

    label = raw / "labelsTr/scan__1__c2.nii.gz"
    whole = label.read_bytes()
    shutil.copyfile(raw / "labelsTr/scan__0__c2.nii.gz", label)
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1))
    assert "scan__1__c2.nii.gz has shape (14, 17, 16), its image (15, 18, 17); resample it" in line
    label.write_bytes(whole[:100])
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1))
    assert "scan__1__c2.nii.gz cannot be read" in line
    label.unlink()
    line = refused(ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1))
    assert "scan__1__c2.nii.gz, which case 'scan__1__c2' of Dataset801_Plain needs, is missing" in line
    assert {path.name: path.stat().st_mtime_ns for path in data.iterdir()} == before

    content = json.loads((raw / "dataset.json").read_text(encoding="utf-8"))
    content["dataset"] = {case: files for case, files in content["dataset"].items() if case.endswith("c0")}
    for file in (raw / "dataset.json", data.parent / "dataset.json"):
        file.write_text(json.dumps(content))
    run = ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1, "--continue")
    assert "every image has one case, so there is nothing to share" in run.stdout
    again = ds_preprocess(folder, "-d", 801, "-c", "3d_fullres", "-np", 1, "--continue")
    assert "3 of them finished before" in again.stdout
