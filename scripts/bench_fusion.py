"""What fusing costs: ds_fuse beside SimpleITK, LabelFusion, BraTS-Toolkit and crowd-kit, on generated candidates.

    python -m scripts.bench_fusion            the table: K = 10 candidates of 256 × 256 × 160 voxels, 2 % foreground
    python -m scripts.bench_fusion --scale    growth over candidates, images, volume and processes
    python -m scripts.bench_fusion --atlas    K = 30 atlases of 132 labels with rough borders, 182 × 218 × 182 voxels
    python -m scripts.bench_fusion --body     K = 5 label maps of a whole body, 117 labels, 512 × 512 × 400 voxels

Every measurement runs in a process of its own. Costs are CPU seconds; the ratio to reading the same files with
SimpleITK, taken in the same run, is what can be compared between machines. ds_fuse is the whole command, so one image
costs what a run over more images costs more than a run over fewer.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from .bench_candidates import Write, generate, write_atlases, write_bodies

FEW, MANY = 2, 10
"""Images of the two runs whose difference tells the cost of one more."""

DS_FUSE = "from nnunet_deepstaple.commands.fuse import main; main()"

WAYS = {
    "majority": ["-rule", "majority"],
    "staple": ["-rule", "staple"],
    "simple": ["-rule", "simple"],
    "leave_one_out": ["-rule", "leave_one_out"],
    "leave_one_out, not smoothed": ["-rule", "leave_one_out", "-smooth", "0"],
    "spectral, not smoothed": ["-rule", "spectral", "-smooth", "0"],
    "spectral (default)": ["-rule", "spectral"],
    "weighted, not smoothed": ["-s", "{}/scores.csv", "-prediction_weight", "0", "-smooth", "0"],
    "weighted": ["-s", "{}/scores.csv", "-prediction_weight", "0"],
    "weighted, soft labels (default)": ["-s", "{}/scores.csv"],
}
"""Options of ds_fuse; {} is the folder of the candidates."""

WITH_MANY_LABELS = ("majority", "simple", "leave_one_out", "spectral (default)", "weighted", "staple")


# The others


def read(paths: Sequence[str]) -> list[sitk.Image]:
    return [sitk.ReadImage(path) for path in paths]


def itk_voting(paths: Sequence[str]) -> None:
    sitk.LabelVoting(read(paths))


def itk_staple(paths: Sequence[str]) -> None:
    sitk.STAPLE(read(paths), 1.0)


def itk_multilabel_staple(paths: Sequence[str]) -> None:
    sitk.MultiLabelSTAPLE(read(paths))


def labelfusion_simple(paths: Sequence[str]) -> None:
    from LabelFusion.fusionator import Fusionator  # noqa: PLC0415

    Fusionator(verbose=False).simple([sitk.GetArrayFromImage(image) for image in read(paths)])


def brats_toolkit_simple(paths: Sequence[str]) -> None:
    from brats_toolkit.fusionator import Fusionator  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        Fusionator(verbose=False).fuse(list(paths), str(Path(folder) / "fused.nii.gz"), method="simple")


def crowdkit_majority(paths: Sequence[str]) -> None:
    """On the voxels with any foreground; a row for every voxel of the image would need hundreds of gigabytes."""
    import pandas as pd  # noqa: PLC0415
    from crowdkit.aggregation import MajorityVote  # noqa: PLC0415

    votes = np.stack([sitk.GetArrayFromImage(image).ravel() for image in read(paths)])
    tasks = np.flatnonzero(votes.any(axis=0))
    table = pd.DataFrame(
        {
            "task": np.tile(tasks, len(votes)),
            "worker": np.repeat(np.arange(len(votes)), len(tasks)),
            "label": votes[:, tasks].ravel(),
        }
    )
    MajorityVote().fit_predict(table)


OTHERS: dict[str, tuple[Callable[[Sequence[str]], object], str, tuple[int, ...]]] = {
    "SimpleITK LabelVoting": (itk_voting, "SimpleITK", (2, 3)),
    "SimpleITK STAPLE": (itk_staple, "SimpleITK", (2,)),
    "SimpleITK MultiLabelSTAPLE": (itk_multilabel_staple, "SimpleITK", (3,)),
    "LabelFusion SIMPLE": (labelfusion_simple, "LabelFusion.fusionator", (2,)),
    "BraTS-Toolkit SIMPLE": (brats_toolkit_simple, "brats_toolkit.fusionator", (2,)),
    "crowd-kit majority": (crowdkit_majority, "crowdkit.aggregation", (2,)),
}
"""Function, module that is imported before the clock starts, and the numbers of labels that it is measured with."""


# Measuring


def run(command: Sequence[object]) -> tuple[float, float, float]:
    """CPU seconds, peak memory in MB and wall seconds of a command."""
    start = time.perf_counter()
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}\n{errors.decode()}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, time.perf_counter() - start


def fuse(folder: Path, way: str, images: int, processes: int = 1) -> tuple[float, float, float]:
    """Run ds_fuse on the first images of a folder."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        some = Path(work) / "candidates"
        some.mkdir()
        for path in sorted(folder.glob("*.nii.gz")):
            if int(path.name[5:8]) < images:
                (some / path.name).hardlink_to(path)
        options = [word.format(folder) for word in WAYS[way]]
        fused = Path(work) / "fused"
        return run([sys.executable, "-c", DS_FUSE, "-i", some, "-o", fused, "-np", processes, *options])


def one_more(folder: Path, way: str) -> tuple[float, float]:
    """CPU seconds of one more image, between the quickest of four runs each, and the peak memory in MB."""
    few, many = zip(*((fuse(folder, way, FEW), fuse(folder, way, MANY)) for _ in range(4)), strict=True)
    seconds = (min(cpu for cpu, _, _ in many) - min(cpu for cpu, _, _ in few)) / (MANY - FEW)
    return seconds, max(megabytes for _, megabytes, _ in many)


def call(name: str, paths: Sequence[Path]) -> tuple[float, float]:
    """CPU seconds of a function on one image's files, imports apart, and the peak memory in MB.

    Raises:
        RuntimeError: it failed; with the last line of its errors.
    """
    command = [sys.executable, "-m", "scripts.bench_fusion", "--call", name, *map(str, paths)]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], check=False, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    seconds, megabytes = done.stdout.split()[-2:]
    return float(seconds), float(megabytes)


def called(name: str, paths: Sequence[str]) -> None:
    """The other end of :func:`call`."""
    import resource  # noqa: PLC0415

    function = read if name == "read" else OTHERS[name][0]
    importlib.import_module("SimpleITK" if name == "read" else OTHERS[name][1])
    seconds = []
    for _ in range(5 if name == "read" else 1):
        start = time.process_time()
        function(paths)
        seconds.append(time.process_time() - start)
    print(min(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


# Tables


def row(name: str, *columns: object) -> None:
    print("| " + " | ".join([f"{name:38s}", *(f"{column!s:>9s}" for column in columns)]) + " |", flush=True)


def table(work: Path) -> None:
    row("K = 10, 256 × 256 × 160", "CPU s", "× reading", "peak MB")
    row("---", "---:", "---:", "---:")
    for n_labels in (2, 3):
        folder = work / f"labels_{n_labels}"
        generate(folder, (256, 256, 160), 10, n_labels, MANY)
        paths = sorted(folder.glob("image000*.nii.gz"))
        reading, megabytes = call("read", paths)
        kind = "binary" if n_labels == 2 else f"{n_labels} labels"
        row(f"read with SimpleITK, {kind}", f"{reading:.3f}", 1, f"{megabytes:.0f}")
        for way in WAYS:
            seconds, megabytes = one_more(folder, way)
            row(f"ds_fuse {way}, {kind}", f"{seconds:.3f}", f"{seconds / reading:.2f}", f"{megabytes:.0f}")
        for name, (_, _, measured) in OTHERS.items():
            if n_labels not in measured:
                continue
            try:
                seconds, megabytes = call(name, paths)
            except RuntimeError as error:
                row(f"{name}, {kind}", "", "", "")
                print(f"({name} was left out: {error})", file=sys.stderr)
                continue
            row(f"{name}, {kind}", f"{seconds:.3f}", f"{seconds / reading:.1f}", f"{megabytes:.0f}")


def many_labels(work: Path, title: str, write: Write, size: tuple[int, int, int], count: int, n_labels: int) -> None:
    """Many labels with rough borders beside label voting: one image by the whole command, and what one more costs."""
    row(title, "CPU s", "× voting", "one more", "× voting", "peak MB")
    row("---", *5 * ["---:"])
    folder = work / write.__name__
    generate(folder, size, count, n_labels, 2, write)
    paths = sorted(folder.glob("image000*.nii.gz"))
    voting, megabytes = call("SimpleITK LabelVoting", paths)
    row("SimpleITK LabelVoting", f"{voting:.2f}", 1, f"{voting:.2f}", 1, f"{megabytes:.0f}")
    for way in WITH_MANY_LABELS:
        one, two = fuse(folder, way, 1), fuse(folder, way, 2)
        costs = [word for cpu in (one[0], two[0] - one[0]) for word in (f"{cpu:.2f}", f"{cpu / voting:.2f}")]
        row(f"ds_fuse {way}", *costs, f"{two[1]:.0f}")


def atlas(work: Path) -> None:
    """Many labels, many candidates, and nearly as many patterns as voxels."""
    many_labels(work, "K = 30, 132 labels, 182 × 218 × 182", write_atlases, (182, 218, 182), 30, 132)


def body(work: Path) -> None:
    """Many labels in a large image."""
    many_labels(work, "K = 5, 117 labels, 512 × 512 × 400", write_bodies, (512, 512, 400), 5, 117)


def scale(work: Path) -> None:
    row("staple", "CPU s", "wall s", "peak MB")
    row("---", "---:", "---:", "---:")

    def measure(title: str, size: tuple[int, int, int], count: int, images: int, *processes: int) -> None:
        folder = work / title.replace(" ", "_")
        generate(folder, size, count, 2, images)
        for number in processes or (1,):
            seconds, megabytes, wall = fuse(folder, "staple", images, number)
            if number == 1:
                row(title, f"{seconds:.2f}", f"{wall:.2f}", f"{megabytes:.0f}")
            else:  # the workers are no children of the command, so that only the clock sees them
                row(f"{title}, -np {number}", "", f"{wall:.2f}", "")

    for count in (5, 10, 20, 50, 100):
        measure(f"K = {count}", (256, 256, 160), count, 1)
    for images in (1, 4, 16):
        measure(f"{images} images", (256, 256, 160), 10, images)
    for side in (128, 256, 512):
        measure(f"{side} cubed, K = 30", (side, side, side), 30, 1)
    measure("64 images", (256, 256, 160), 10, 64)
    measure("160 images", (256, 256, 160), 10, 160, 1, 2)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scale", action="store_true", help="growth over candidates, images, volume, processes")
    arguments.add_argument("--atlas", action="store_true", help="132 labels with rough borders")
    arguments.add_argument("--body", action="store_true", help="117 labels in a large image")
    arguments.add_argument("--call", nargs="+", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.call:
        called(given.call[0], given.call[1:])
        return
    with tempfile.TemporaryDirectory() as work:
        (scale if given.scale else atlas if given.atlas else body if given.body else table)(Path(work))


if __name__ == "__main__":
    main()
