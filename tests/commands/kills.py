"""Runs of ds_preprocess that are killed at random moments and continued, forked from one process to save its imports.

nnUNet_raw=… python -m tests.commands.kills DATASET KILLS        prints how many kills there were
"""

import os
import random
import shutil
import signal
import sys
import time
from pathlib import Path

from nnunetv2.paths import nnUNet_preprocessed, nnUNet_raw

from nnunet_deepstaple.preprocess.run import preprocess

from ..preprocess.both_ways import plan

CONFIGURATION = "3d_fullres"


def start(raw: Path, *, keep: bool) -> int:
    """Start a run in a process of its own."""
    process = os.fork()
    if process == 0:
        try:
            list(preprocess(raw, "nnUNetPlans", [CONFIGURATION], 1, lambda items, *_: items, keep=keep))
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    return process


def status_of(process: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main() -> None:
    name, kills = sys.argv[1], int(sys.argv[2])
    raw, folder = Path(nnUNet_raw) / name, Path(nnUNet_preprocessed) / name
    plan(raw, folder)
    began = time.monotonic()
    assert status_of(start(raw, keep=False)) == 0
    duration = time.monotonic() - began
    for made in (f"nnUNetPlans_{CONFIGURATION}", "gt_segmentations"):
        (folder / made).rename(folder / f"{made}.undisturbed")
    killed, keep, draw = 0, False, random.Random(12)
    while killed < kills:
        process = start(raw, keep=keep)
        time.sleep(draw.uniform(0, duration))
        os.kill(process, signal.SIGKILL)
        if status_of(process) == -signal.SIGKILL:
            killed, keep = killed + 1, True
        else:  # it had ended before, so that there is something to kill again:
            keep = False
            shutil.rmtree(folder / "gt_segmentations")
    assert status_of(start(raw, keep=keep)) == 0
    sys.stdout.write(f"\n{killed}\n")


if __name__ == "__main__":
    main()
