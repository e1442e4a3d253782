"""What it costs to look before the work: fingerprints in ds_fuse, and the look at the images in ds_prepare.

    python -m scripts.bench_checks FOLDER ROUNDS [WITHOUT]

Three images of 128 × 256 × 256 voxels with five candidates each. Whole commands run in turn, ROUNDS times: CPU seconds
(user and system), medians, and the median of the differences between neighbours. WITHOUT is a folder with a copy of the
package in which ``files/fingerprint.py`` computes no SHA-256.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

SHAPE, IMAGES, CANDIDATES = (128, 256, 256), 3, 5
PREPARE = "ds_prepare -i images -l candidates -d 1 -n Checks -np 1"
READ = "import SimpleITK as s, glob; "
READ_ALL = READ + "[s.GetArrayFromImage(s.ReadImage(p)) for p in sorted(glob.glob('images/*'))]"


def write_data(folder: Path) -> None:
    """A ball with a rough border in noise, and candidates whose borders differ."""
    random = np.random.default_rng(1)
    axes = np.ogrid[tuple(slice(-1, 1, size * 1j) for size in SHAPE)]
    far = np.sqrt(sum(axis**2 for axis in axes)).astype(np.float32)
    for name in ("images", "candidates"):
        (folder / name).mkdir(parents=True)
    for number in range(IMAGES):
        image = np.rint(random.normal(100, 20, SHAPE) + 80 * (far < 0.6)).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(image), str(folder / f"images/p{number}_0000.nii.gz"))
        for candidate in range(CANDIDATES):
            rough = ndimage.gaussian_filter(random.normal(size=SHAPE).astype(np.float32), 3)
            labels = (far + rough < 0.6).astype(np.uint8) + (far + rough < 0.3)
            path = folder / f"candidates/p{number}__r{candidate}.nii.gz"
            sitk.WriteImage(sitk.GetImageFromArray(labels), str(path), useCompression=True)


def cpu_seconds(words: list[str], folder: Path, package: str = "") -> float:
    """CPU seconds of a command that runs in ``folder``, with the package of another folder if one is named."""
    shutil.rmtree(folder / "raw", ignore_errors=True)
    (folder / "raw").mkdir()
    folders = {f"nnUNet_{name}": str(folder / name) for name in ("raw", "preprocessed", "results")}
    environment = os.environ | folders | {"OMP_NUM_THREADS": "1"}
    if package:
        environment["PYTHONPATH"] = package
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    folder, rounds, without = Path(sys.argv[1]).absolute(), int(sys.argv[2]), sys.argv[3:]
    if not folder.exists():
        write_data(folder)
    compared = {
        "ds_prepare, the look at images": ([*PREPARE.split()], [*PREPARE.split(), "--trust_images"], ""),
        "reading the images once": ([sys.executable, "-c", READ_ALL], [sys.executable, "-c", READ], ""),
    }
    for package in without:
        for rule in ("majority", "spectral"):
            words = f"ds_fuse -i candidates -o {rule} -np 1 -rule {rule}".split()
            compared[f"ds_fuse -rule {rule}, fingerprints"] = (words, words, package)
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in compared}
    for number in range(rounds):
        for name, (words, others, package) in compared.items():
            runs = [(words, ""), (others, package)]
            found = [cpu_seconds(run, folder, place) for run, place in (runs if number % 2 else runs[::-1])]
            one, other = found if number % 2 else found[::-1]
            seconds[name].append((one, other))
    for name, pairs in seconds.items():
        one, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        added = statistics.median(first - second for first, second in pairs)
        sys.stdout.write(f"{name}: {one:.2f} s, without {other:.2f} s, added {added:.2f} s ({added / other:+.1%})\n")


if __name__ == "__main__":
    main()
