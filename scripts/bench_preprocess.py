"""What K candidates an image cost in preprocessing: CPU, disk and peak memory of ds_preprocess beside nnU-Net's own.

    python scripts/bench_preprocess.py                                    2 images of 256 × 256 × 160, resampled
    python scripts/bench_preprocess.py -set small -images 20              40 × 56 × 40, not resampled
    python scripts/bench_preprocess.py -set classes -k 1 5                100 classes, slices resampled one by one
    python scripts/bench_preprocess.py -images 4 -k 1 5 10 20 -stock_k 1 10

Every number is that of a whole command in one process (-np 1), with its imports and worker processes: CPU seconds of
user and system, the largest resident memory of a process, and the bytes on disk of the preprocessed folder, in which a
file with several names counts once. Data are generated, the same for each K, in a temporary folder.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from nnunet_deepstaple.datasets.nnunet_folders import VARIABLES

SCRIPTS = Path(sysconfig.get_path("scripts"))
CONFIGURATION, PLANS = "3d_fullres", "nnUNetPlans"


@dataclass(frozen=True)
class Set:
    """Generated images, (z, y, x); the spacings take turns."""

    shape: tuple[int, int, int]
    spacings: Sequence[tuple[float, float, float]]
    labels: int


SETS = {
    "big": Set((160, 256, 256), ((1.2, 1.0, 1.0), (1.0, 0.9, 0.9), (1.1, 1.05, 1.05), (1.0, 0.8, 0.8)), 3),
    "small": Set((40, 56, 40), ((1.0, 1.0, 1.0),), 2),
    "classes": Set((64, 256, 256), ((3.0, 0.8, 0.8), (4.0, 0.9, 0.9)), 100),
}


@dataclass(frozen=True)
class Cost:
    """What a command took: CPU in seconds, peak memory and, of its folder, disk in bytes."""

    cpu: float
    memory: int
    disk: int = 0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-set", choices=SETS, default="big", help="which images (default: big)")
    arguments.add_argument("-images", type=int, default=2, help="how many (default: 2)")
    arguments.add_argument("-k", type=int, nargs="+", default=[1, 5, 10, 20], help="candidates an image")
    arguments.add_argument("-stock_k", type=int, nargs="+", help="candidates for nnU-Net's own commands (default: -k)")
    given = arguments.parse_args()
    print(f"{given.images} images, set {given.set}: {SETS[given.set]}")
    print(
        "| K | command | CPU, s | of nnU-Net's at K = 1 | peak, MB | disk, MB | of nnU-Net's at K = 1 |\n"
        + "|---" * 7
        + "|"
    )
    stock_k = given.stock_k or given.k
    with tempfile.TemporaryDirectory() as folder:
        _write_images(Path(folder), SETS[given.set], given.images, max([*given.k, *stock_k]))
        first: dict[str, Cost] = {}
        for candidates in sorted({1, *given.k, *stock_k}):
            for name, cost in _costs(Path(folder), candidates, candidates in given.k, candidates in {1, *stock_k}):
                kind = name.partition(" of ")[0]
                base = first.setdefault(kind, cost)
                disk = f"{cost.disk / 1e6:.0f} | {cost.disk / base.disk:.2f}" if cost.disk else " | "
                print(
                    f"| {candidates} | {name} | {cost.cpu:.1f} | {cost.cpu / base.cpu:.2f} "
                    f"| {cost.memory / 1e6:.0f} | {disk} |",
                    flush=True,
                )


def _costs(folder: Path, candidates: int, ours: bool, stock: bool) -> Iterator[tuple[str, Cost]]:
    """Costs of the commands, nnU-Net's first."""
    _write_dataset(folder, candidates)
    name = f"Dataset{candidates:03d}_Bench"
    data = folder / "nnUNet_preprocessed" / name / f"{PLANS}_{CONFIGURATION}"
    number = str(candidates)
    if stock:
        yield "fingerprint of nnU-Net", _run(folder, "nnUNetv2_extract_fingerprint", "-d", number, "-np", "1")
    if ours:
        code = (
            "import sys, pathlib; from nnunet_deepstaple.preprocess.fingerprint import extract_fingerprint; "
            "raw, to = map(pathlib.Path, sys.argv[1:]); extract_fingerprint(raw, to, 1, lambda items, *_: items)"
        )
        raw = folder / "nnUNet_raw" / name
        yield "fingerprint of ds_plan_and_preprocess", _run(folder, sys.executable, "-c", code, raw, data.parent)
    _run(folder, "nnUNetv2_plan_experiment", "-d", number)
    if stock:
        cost = _run(folder, "nnUNetv2_preprocess", "-d", number, "-c", CONFIGURATION, "-np", "1")
        yield "preprocess of nnU-Net", Cost(cost.cpu, cost.memory, _disk(data))
    if ours:
        cost = _run(folder, "ds_preprocess", "-d", number, "-c", CONFIGURATION, "-np", "1")
        yield "preprocess of ds_preprocess", Cost(cost.cpu, cost.memory, _disk(data))


def _run(folder: Path, command: str, *arguments: object) -> Cost:
    environment = os.environ | {name: str(folder / name) for name in VARIABLES}
    environment |= {"OMP_NUM_THREADS": "1", "nnUNet_def_n_proc": "1"}
    program = command if Path(command).is_absolute() else str(SCRIPTS / command)
    log = folder / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [program, *map(str, arguments)], env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command} failed:\n{log.read_text(encoding='utf-8')[-2000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def _disk(folder: Path) -> int:
    return sum({(status := path.stat()).st_ino: status.st_size for path in folder.iterdir()}.values())


def _write_images(folder: Path, kind: Set, images: int, candidates: int) -> None:
    """Write smooth noise in an ellipsoid, zero around it, and balls of each label that candidates shift about."""
    for name in (*VARIABLES, "images", "labels"):
        (folder / name).mkdir()
    random = np.random.default_rng(2022)
    grid = np.meshgrid(*(np.linspace(-1, 1, size, dtype=np.float32) for size in kind.shape), indexing="ij", sparse=True)
    inside = sum(axis**2 for axis in grid) < 0.9
    for number in range(images):
        spacing = kind.spacings[number % len(kind.spacings)]
        values = 300 + 3000 * gaussian_filter(random.normal(size=kind.shape).astype(np.float32), 1.5)
        values += random.normal(scale=10, size=kind.shape)
        _write(folder / f"images/scan{number}_0000.nii.gz", np.where(inside, values, 0).astype(np.int16), spacing)
        centres = random.uniform(-0.45, 0.45, (kind.labels, 3))
        for candidate in range(candidates):
            labels = np.zeros(kind.shape, np.uint8)
            for label, centre in enumerate(centres + random.normal(scale=0.02, size=centres.shape), 1):
                radius = random.uniform(0.1, 0.14) * (3 / kind.labels) ** (1 / 3)
                box = tuple(
                    slice(*np.searchsorted(axis.ravel(), (middle - radius, middle + radius)))
                    for axis, middle in zip(grid, centre, strict=True)
                )
                part = np.meshgrid(
                    *(axis.ravel()[cut] for axis, cut in zip(grid, box, strict=True)), indexing="ij", sparse=True
                )
                ball = sum((axis - middle) ** 2 for axis, middle in zip(part, centre, strict=True)) < radius**2
                labels[box][ball] = label
            _write(folder / f"labels/scan{number}__c{candidate:02d}.nii.gz", labels, spacing)
    (folder / "set.json").write_text(json.dumps({"images": images, "labels": kind.labels}))


def _write(path: Path, array: NDArray, spacing: tuple[float, float, float]) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    sitk.WriteImage(image, str(path))


def _write_dataset(folder: Path, candidates: int) -> None:
    """Write a raw dataset that references the files with the first candidates."""
    content = json.loads((folder / "set.json").read_text(encoding="utf-8"))
    raw = folder / "nnUNet_raw" / f"Dataset{candidates:03d}_Bench"
    raw.mkdir()
    cases = {
        f"scan{number}__c{candidate:02d}": {
            "images": [str(folder / f"images/scan{number}_0000.nii.gz")],
            "label": str(folder / f"labels/scan{number}__c{candidate:02d}.nii.gz"),
        }
        for number in range(content["images"])
        for candidate in range(candidates)
    }
    dataset_json = {
        "channel_names": {"0": "MRI"},
        "labels": {"background": 0} | {f"label_{value}": value for value in range(1, content["labels"] + 1)},
        "numTraining": len(cases),
        "file_ending": ".nii.gz",
        "dataset": cases,
    }
    (raw / "dataset.json").write_text(json.dumps(dataset_json))


if __name__ == "__main__":
    main()
