"""Throughput of ds_fuse on a Dask cluster of this machine beside local processes: ``python -m scripts.bench_dask``.

Images of 256 × 256 × 160 voxels with ten candidates each; a scheduler and two worker processes run beside the command.
Wall seconds of the whole command, the quickest of three; only their ratio means anything.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import distributed

from .bench_candidates import generate
from .bench_fusion import DS_FUSE, row, run

WORKERS = 2


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-images", type=int, nargs="+", default=[10, 80], help="images of each row (10 80)")
    given = arguments.parse_args()
    row("images", "-np 2, s", "-dask, s", "ratio")
    row("---", "---:", "---:", "---:")
    with tempfile.TemporaryDirectory() as work:
        for images in given.images:
            folder = Path(work) / str(images)
            generate(folder, (256, 256, 160), 10, 2, images)
            with distributed.LocalCluster(
                n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
            ) as cluster:
                local = seconds(folder, "-np", str(WORKERS))
                there = seconds(folder, "-dask", cluster.scheduler_address)
            row(str(images), f"{local:.1f}", f"{there:.1f}", f"{there / local:.2f}")


def seconds(candidates: Path, *workers: str) -> float:
    """Wall seconds of fusing a folder, the quickest of three."""
    with tempfile.TemporaryDirectory() as fused:
        command = [
            sys.executable,
            "-c",
            DS_FUSE,
            "-i",
            candidates,
            "-o",
            fused,
            "-layout",
            "flat",
            "-rule",
            "staple",
            *workers,
        ]
        return min(run(command)[2] for _ in range(3))


if __name__ == "__main__":
    main()
