"""What the tests of ds_fuse share: candidates on disk, and what a refusal looks like."""

import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from ..label_map_files import SIZE, label_values, save

COMMAND = [sys.executable, "-c", "from nnunet_deepstaple.commands.fuse import main; main()"]


def read(path: Path) -> np.ndarray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


def write_candidates(folder: Path, images=2, count=5, n_labels=3) -> Path:
    rng = np.random.default_rng(0)
    for image in range(images):
        for name in range(count):
            labels = label_values(range(1, n_labels))
            noise = rng.random(SIZE) < 0.1
            labels[noise] = rng.integers(0, n_labels, int(noise.sum()))
            save(folder / f"image{image}__c{name}.nii.gz", labels)
    return folder


def write_scores(path: Path, cases: dict[str, float], column="agreement") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"case,{column}\n" + "".join(f"{case},{score}\n" for case, score in cases.items()), encoding="utf-8"
    )
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_refused(outcome, folder: Path, *words: object) -> None:
    """Exit status 2, one line on stderr with these words, and nothing written."""
    status, _, errors = outcome
    assert status == 2, errors
    assert errors.count("\n") == 1
    assert errors.startswith("error: ")
    for word in words:
        assert str(word) in errors
    assert not folder.exists()
