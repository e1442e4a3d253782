"""Runs of ds_run that are killed at random moments and run again.

python -m tests.workflow.kills FOLDER KILLS [STEP]     the last step; prints what was killed, and whether it is the same
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch

from nnunet_deepstaple.demo.data import write_data
from nnunet_deepstaple.workflow.environment import environment_with

from ..nnunet_runs import EXT_TRAINERS

TRAINER = "nnUNetTrainerDeepSTAPLE_seeded"  # in ext_trainers/, which leaves the same network if it goes on after a kill
SAME = ("fused/*.nii.gz", "nnUNet_raw/*/labelsTr/*", "nnUNet_results/*/*/fold_0/scores.csv")
SAME += ("nnUNet_results/*/*/fold_0/validation/*.nii.gz", "nnUNet_results/*/*/fold_0/predictions/*.nii.gz")


def start(folder: Path, work: Path, *until: str) -> "subprocess.Popen[bytes]":
    """Start a run of small networks."""
    options = ["-i", "images", "-l", "candidates", "-d", "701", "-n", "Mine", "-o", str(work), "-device", "cpu"]
    options += ["-c", "2d", "-p", "nnUNetPlans_small", "-tr", TRAINER, *until]
    settings = {"nnUNet_extTrainer": str(EXT_TRAINERS), "nnUNet_def_n_proc": "1"}
    environment = environment_with({**settings, "PYTHONWARNINGS": "ignore"})
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        environment.pop(variable, None)
    with (work.parent / f"{work.name}.log").open("a") as log:
        return subprocess.Popen(["ds_run", *options], cwd=folder, env=environment, stdout=log, stderr=log)


def kill(process: "subprocess.Popen[bytes]", work: Path, *, all_of_it: bool) -> bool:
    """Kill ds_run, and where the machine is to fail too its command; False if it had ended before."""
    process.kill()
    if process.wait() != -signal.SIGKILL:
        assert process.returncode == 0, (work.parent / f"{work.name}.log").read_text()[-4000:]
        return False
    command = (work / "steps/.command").read_text().split() if (work / "steps/.command").exists() else []
    if all_of_it and command:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(command[1]), signal.SIGKILL)
    return True


def step_at_work(work: Path) -> str:
    """Name of the step whose log is the newest."""
    logs = sorted((work / "steps").glob("*.log"), key=lambda path: path.stat().st_mtime)
    return logs[-1].stem if logs else "none yet"


def results(work: Path) -> dict[str, bytes]:
    """What a run is judged by, file by file."""
    return {str(path.relative_to(work)): path.read_bytes() for pattern in SAME for path in sorted(work.glob(pattern))}


def weights(work: Path) -> list[torch.Tensor]:
    """Weights of the networks."""
    files = sorted(work.glob("nnUNet_results/*/*/fold_0/checkpoint_final.pth"))
    loaded = [torch.load(file, weights_only=False)["network_weights"] for file in files]
    return [tensor for network in loaded for tensor in network.values()]


def main() -> None:
    folder, kills = Path(sys.argv[1]).absolute(), int(sys.argv[2])
    until, draw = [part for step in sys.argv[3:] for part in ("-until", step)], random.Random(12)
    write_data(folder, images=5, candidates=3, test_images=1)
    undisturbed, work = folder / "undisturbed", folder / "work"
    began = time.monotonic()
    assert start(folder, undisturbed, *until).wait() == 0, (folder / "undisturbed.log").read_text()[-4000:]
    duration = time.monotonic() - began
    killed: list[str] = []
    while len(killed) < kills:
        process = start(folder, work, *until)
        time.sleep(draw.uniform(0, duration / 2))
        if kill(process, work, all_of_it=bool(len(killed) % 2)):
            killed.append(step_at_work(work))
        else:  # it had ended before, so that there is something to kill again:
            shutil.rmtree(work)
    assert start(folder, work, *until).wait() == 0, (folder / "work.log").read_text()[-4000:]
    expected, found = results(undisturbed), results(work)
    assert len(expected) > 10
    assert expected.keys() == found.keys()
    assert [name for name in expected if expected[name] != found[name]] == []
    networks = weights(undisturbed)
    assert networks
    assert all(torch.equal(one, other) for one, other in zip(networks, weights(work), strict=True))
    sys.stdout.write(f"undisturbed {duration:.0f} s; killed {len(killed)} times, at {', '.join(killed)}\n")
    sys.stdout.write(f"the same: {len(expected)} files, and all weights of the networks\n")


if __name__ == "__main__":
    main()
