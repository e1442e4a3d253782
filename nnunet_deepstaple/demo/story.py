"""The main job as a sequence of the commands that a user types, on generated data."""

import os
import sys
import sysconfig
from pathlib import Path

from ..datasets.nnunet_folders import VARIABLES, dataset_name
from ..datasets.small_plans import SMALL
from . import data
from .runner import Step

CANDIDATES = dataset_name(701, "DemoCandidates")
CONSENSUS = dataset_name(702, "DemoConsensus")
CONFIGURATION = "3d_fullres"
FIRST_TRAINER = "nnUNetTrainerDeepSTAPLE_Adam1en3_5epochs"
SECOND_TRAINER = "nnUNetTrainerAdam1en3_5epochs"
SCORES = f"nnUNet_results/{CANDIDATES}/{FIRST_TRAINER}__{SMALL}__{CONFIGURATION}/fold_0/scores.csv"
PREDICTIONS = "test_predictions"

_PYTHON = Path(sys.executable).name
_EPOCHS = r"Epoch \d+|Pseudo dice|Mean Validation Dice"
_EVERY_LINE = "."


def fused(rule: str) -> str:
    """Folder of the consensus by ``rule``, relative to the demo's folder."""
    return f"fused_{rule}"


def settings(folder: Path, device: str) -> dict[str, str]:
    """Environment variables that a user would export before the first command."""
    variables = {name: str(folder / name) for name in VARIABLES}
    variables["nnUNet_compile"] = "f"  # compiling takes longer than these networks train
    variables["nnUNet_def_n_proc"] = "2"  # starting eight processes takes longer than their work on small images
    if device == "cpu":
        # nnU-Net gives PyTorch all cores; threads that wait actively would take them from the augmentation
        variables |= {"nnUNet_n_proc_DA": "1", "OMP_WAIT_POLICY": "passive"}
    return variables


def environment(folder: Path, device: str) -> dict[str, str]:
    """Environment of the commands, in which those of this Python come first."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    return {**os.environ, **settings(folder, device), "PATH": path, "PYTHONUNBUFFERED": "1"}


def steps(device: str) -> list[Step]:
    """All commands, in order.

    Args:
        device: ``cpu`` or ``cuda``, for nnU-Net's ``-device``.
    """
    return [
        Step(
            "01_data",
            "Generate images, eight candidate labels for each, and held-out images",
            f"{_PYTHON} -m nnunet_deepstaple.demo.data".split(),
            _EVERY_LINE,
        ),
        Step(
            "02_prepare",
            "Make an nnU-Net dataset with a case for each (image, candidate) pair",
            f"ds_prepare -i {data.IMAGES} -l {data.CANDIDATES} -d 701 -n DemoCandidates".split(),
            _EVERY_LINE,
        ),
        *_plan("03", "701"),
        Step(
            "05_train_first",
            "Train nnU-Net on all candidates at once; it learns which of them to trust",
            _train("701", "0", FIRST_TRAINER, device),
            _EPOCHS,
        ),
        _fuse("06", "weighted", f" -d_out {CONSENSUS.removeprefix('Dataset')}"),
        _fuse("07", "majority"),
        _fuse("08", "staple"),
        *_plan("09", "702"),
        Step(
            "11_train_second",
            "Train a second, stock nnU-Net on the weighted consensus",
            _train("702", "0", SECOND_TRAINER, device),
            _EPOCHS,
        ),
        Step(
            "12_predict",
            "Predict the held-out images with the second network",
            f"nnUNetv2_predict -i {data.TEST_IMAGES} -o {PREDICTIONS} -d 702 -c {CONFIGURATION} -f 0 "
            f"-tr {SECOND_TRAINER} -p {SMALL} -device {device} -npp 1 -nps 1".split(),
        ),
    ]


def _plan(number: str, dataset: str) -> list[Step]:
    return [
        Step(
            f"{number}_preprocess",
            f"Plan and preprocess dataset {dataset}",
            f"ds_plan_and_preprocess -d {dataset} -c {CONFIGURATION} -np 2".split(),
            r"images |note |written ",
        ),
        Step(
            f"{int(number) + 1:02d}_shrink_plans",
            "Shrink the plans, so that a CPU will do",
            f"{_PYTHON} -m nnunet_deepstaple.commands.shrink_plans {dataset} "
            "-features 8 16 32 -patch 24 32 32 -batch 2".split(),
            _EVERY_LINE,
        ),
    ]


def _train(dataset: str, fold: str, trainer: str, device: str) -> list[str]:
    return f"nnUNetv2_train {dataset} {CONFIGURATION} {fold} -tr {trainer} -p {SMALL} -device {device}".split()


def _fuse(number: str, rule: str, options: str = "") -> Step:
    return Step(
        f"{number}_fuse_{rule}",
        f"Fuse the candidates of each image, rule {rule}",
        f"ds_fuse -i nnUNet_raw/{CANDIDATES}/labelsTr -o {fused(rule)} -rule {rule}{options}".split(),
        _EVERY_LINE,
    )
