"""Crop three hippocampi to tests/data/hippocampus/: images, candidates, true labels, and what a training left of them.

Candidates, true labels and predictions are cropped to the box that holds all of them and a margin, images also rescaled
to eight bits; the visit log, that of the training's own forward pass, is cut down to their candidates.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.files.soft_labels import SoftLabel, SoftLabels, read_soft_labels, write_soft_labels
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, VisitLog, append_epoch, create_visit_log, read_visit_log

from .evidence.logs import run_folder
from .experiments.common.training import FIRST_PASS
from .experiments.common.workspace import REPOSITORY, require_folder

EXAMPLES = """\
  python -m scripts.crop_test_data -data hippocampus
  python -m tests.defaults              # then record anew what the defaults make of them
"""

OUTPUT = REPOSITORY / "tests/data/hippocampus"
IMAGES = ["hippocampus_017", "hippocampus_165", "hippocampus_353"]
MARGIN = 3
RUN = "given_25_visits"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("crop_test_data", __doc__ or "", EXAMPLES)
    arguments.add_argument("-data", required=True, type=Path, help="images/, candidates/ and oracle/")
    given = arguments.parse_args()
    data, training = require_folder(given.data, "the hippocampus data"), run_folder(RUN)
    candidates, _ = find_candidates([data / "candidates"])
    for image in IMAGES:
        label_maps = {path: OUTPUT / "candidates" / path.name for path in (one.path for one in candidates[image])}
        for folder, where in ((data / "oracle", "oracle"), (training / "predictions", "fold_0/predictions")):
            label_maps[folder / f"{image}.nii.gz"] = OUTPUT / where / f"{image}.nii.gz"
        box = _box(sitk.GetArrayViewFromImage(sitk.ReadImage(path)) for path in label_maps)
        for path, output in label_maps.items():
            _write(_cropped(path, box), output)
        _write(
            sitk.Cast(sitk.RescaleIntensity(_cropped(data / "images" / f"{image}_0000.nii.gz", box)), sitk.sitkUInt8),
            OUTPUT / "images" / f"{image}_0000.nii.gz",
        )
        shape = sitk.GetArrayViewFromImage(sitk.ReadImage(data / "oracle" / f"{image}.nii.gz")).shape
        soft = read_soft_labels(training / "predictions" / f"{image}.soft.npz", shape)
        write_soft_labels(_crop_soft(soft, box), OUTPUT / "fold_0/predictions" / f"{image}.soft.npz")
    kept = {case.case for image in IMAGES for case in candidates[image]}
    _write_log(_cut(read_visit_log(training / FIRST_PASS / FILE_NAME), kept), OUTPUT / "fold_0" / FILE_NAME)
    print(f"written     {OUTPUT}, {sum(path.stat().st_size for path in OUTPUT.rglob('*')) // 1000} kB")


def _box(label_maps: Iterable[np.ndarray]) -> tuple[slice, ...]:
    """Smallest box of all that is labelled, and a margin, (z, y, x)."""
    labelled = np.any([labels > 0 for labels in label_maps], axis=0)
    places = np.argwhere(labelled)
    first, last = places.min(axis=0) - MARGIN, places.max(axis=0) + 1 + MARGIN
    return tuple(slice(max(int(a), 0), min(int(b), n)) for a, b, n in zip(first, last, labelled.shape, strict=True))


def _cropped(path: Path, box: tuple[slice, ...]) -> sitk.Image:
    return sitk.ReadImage(path)[box[::-1]]


def _write(image: sitk.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, path, useCompression=True, compressionLevel=9)


def _crop_soft(soft: SoftLabels, box: tuple[slice, ...]) -> SoftLabels:
    labels = []
    for one in soft.labels:
        common = [(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one.box, box, strict=True)]
        inside = tuple(slice(start - a.start, stop - a.start) for (start, stop), a in zip(common, one.box, strict=True))
        moved = tuple(slice(start - b.start, stop - b.start) for (start, stop), b in zip(common, box, strict=True))
        labels.append(SoftLabel(one.label, moved, one.shares[inside].copy()))
    return SoftLabels(tuple(side.stop - side.start for side in box), labels)


def _cut(log: VisitLog, kept: set[str]) -> VisitLog:
    """The log with the visits of some cases only."""
    places = [place for place, case in enumerate(log.cases) if case in kept]
    visits = log.visits[np.isin(log.visits["case"], places)].copy()
    visits["case"] = np.searchsorted(places, visits["case"])
    train, val = ([case for case in cases if case in kept] for cases in (log.train, log.val))
    return replace(log, train=train, val=val, visits=visits)


def _write_log(log: VisitLog, path: Path) -> None:
    create_visit_log(path, log)
    for epoch in range(log.epochs):
        append_epoch(path, log.visits[log.visits["epoch"] == epoch])


if __name__ == "__main__":
    main()
