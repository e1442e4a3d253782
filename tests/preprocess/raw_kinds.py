"""Small raw datasets of every kind that nnU-Net preprocesses, each image with several candidates."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

SPACINGS = ((1.0, 1.0, 1.0), (1.3, 0.8, 1.1), (0.7, 1.6, 0.9))


@dataclass(frozen=True)
class Kind:
    """A raw dataset, and what of its plans is preprocessed.

    Attributes:
        channels: names of the channels; nnU-Net chooses the normalisation by them.
        labels: as in dataset.json.
        extra: more of dataset.json.
        ending: file ending.
        shape: shape of the first image, (z, y, x) or (y, x); others are larger.
        spacings: spacing of each image.
        candidates: how many each image has; the cases of different images take turns in dataset.json.
        border: voxels around each image that are zero.
        spill: whether the first candidate of each image has labels where the image is zero.
        configurations: what is preprocessed.
    """

    channels: Sequence[str] = ("MRI",)
    labels: dict[str, Any] = field(default_factory=lambda: {"background": 0, "a": 1, "b": 2})
    extra: dict[str, Any] = field(default_factory=dict)
    ending: str = ".nii.gz"
    shape: tuple[int, ...] = (14, 17, 16)
    spacings: Sequence[tuple[float, ...]] = SPACINGS
    candidates: Sequence[int] = (3, 3, 3)
    border: int = 0
    spill: bool = False
    configurations: Sequence[str] = ("3d_fullres",)


SPILLING = "Dataset811_Spilling"
REGIONS = {"background": 0, "whole": [1, 2], "core": 2}
KINDS = {
    "Dataset801_Plain": Kind(configurations=("2d", "3d_fullres", "3d_lowres", "3d_cascade_fullres")),
    "Dataset802_RegionsCT": Kind(("CT", "MRI", "rescale_to_0_1"), REGIONS, {"regions_class_order": [1, 2]}),
    "Dataset803_IgnoreTransposed": Kind(
        labels={"background": 0, "a": 1, "b": 2, "ignore": 3},
        shape=(18, 17, 7),
        spacings=((1.0, 1.0, 5.0), (1.1, 0.9, 5.0), (1.0, 1.0, 4.0)),
        configurations=("2d", "3d_fullres"),
    ),
    "Dataset804_Nonzero": Kind(shape=(24, 25, 26), border=5, configurations=("2d", "3d_fullres")),
    "Dataset805_Png": Kind(
        ("R", "G", "B"), ending=".png", shape=(40, 36), spacings=((1, 1),) * 3, configurations=("2d",)
    ),
    "Dataset806_Tif": Kind(ending=".tif", candidates=(2, 1)),
    "Dataset807_EmptyUneven": Kind(candidates=(3, 1, 2), configurations=("2d", "3d_fullres")),
    "Dataset808_ManyLabels": Kind(labels={"background": 0} | {f"l{value}": value for value in range(1, 301)}),
    "Dataset809_SingleSlice": Kind(
        shape=(1, 40, 36), spacings=((1.0, 1.2, 0.8), (1.0, 0.8, 0.9), (1.0, 1.0, 1.0)), configurations=("2d",)
    ),
    "Dataset810_SeparateZ": Kind(
        shape=(8, 24, 22),
        spacings=((4.0, 0.9, 1.0), (5.0, 1.0, 1.0), (6.0, 1.2, 0.8)),
        labels={"background": 0, "a": 1, "b": 2, "c": 3},
    ),
    SPILLING: Kind(shape=(24, 25, 26), border=5, spill=True),
}


def write_kind(raw: Path, name: str) -> None:
    """Write the raw dataset of this full name, a key of :data:`KINDS`, with referenced images."""
    kind, folder = KINDS[name], raw / name
    random = np.random.default_rng(sum(name.encode()))
    (folder / "images").mkdir(parents=True)
    (folder / "labelsTr").mkdir()
    write = {".nii.gz": _write_nifti, ".png": _write_png, ".tif": _write_tif}[kind.ending]
    cases: dict[str, dict[str, Any]] = {}
    for number, (spacing, candidates) in enumerate(zip(kind.spacings, kind.candidates, strict=False)):
        image = f"scan__{number}"
        shape = tuple(size if size == 1 else size + number for size in kind.shape)
        inner = tuple(slice(kind.border, size - kind.border) if size > 1 else slice(None) for size in shape)
        files = []
        if kind.ending == ".png":
            files = [f"images/{image}_0000.png"]
            write(folder / files[0], random.integers(0, 255, (*shape, 3)).astype(np.uint8), spacing)
        else:
            for channel, _ in enumerate(kind.channels):
                values = np.zeros(shape, np.float32)
                values[inner] = random.normal(200, 60, values[inner].shape)
                if kind.border:
                    values[: 2 * kind.border, : 2 * kind.border] = 0  # outside the nonzero area, within its box
                files.append(f"images/{image}_{channel:04d}{kind.ending}")
                write(folder / files[-1], values.astype(np.int16 if channel == 0 else np.float32), spacing)
        for candidate in range(candidates):
            labels = np.zeros(shape, np.uint16)
            labels[inner] = _blobs(random, labels[inner].shape, _values(kind))
            if kind.border:
                labels[: 2 * kind.border, : 2 * kind.border] = 0
            if "Empty" in name and candidate == 1:
                labels[:] = 0
            if kind.spill and candidate == 0:
                labels[: 2 * kind.border, : 2 * kind.border] = 1
            label = f"labelsTr/{image}__c{candidate}{kind.ending}"
            write(folder / label, labels.astype(np.uint8 if labels.max() < 256 else np.uint16), spacing)
            cases[f"{image}__c{candidate}"] = {"images": files, "label": label}
    order = sorted(cases, key=lambda case: (case[-1], case))
    content = {
        "channel_names": {str(number): channel for number, channel in enumerate(kind.channels)},
        "labels": kind.labels,
        "numTraining": len(cases),
        "file_ending": kind.ending,
        **kind.extra,
        "dataset": {case: cases[case] for case in order},
    }
    (folder / "dataset.json").write_text(json.dumps(content))


def _values(kind: Kind) -> list[int]:
    values = {value for named in kind.labels.values() for value in (named if isinstance(named, list) else [named])}
    return sorted(values)[:1] + sorted(values)[-4:]


def _blobs(random: np.random.Generator, shape: tuple[int, ...], values: Sequence[int]) -> NDArray[np.uint16]:
    """Blocks of random labels, over half of it background."""
    coarse = random.choice(values, [-(-size // 3) for size in shape]) * (
        random.random([-(-s // 3) for s in shape]) < 0.4
    )
    for axis in range(len(shape)):
        coarse = coarse.repeat(3, axis)
    return coarse[tuple(slice(size) for size in shape)].astype(np.uint16)


Writer = Callable[[Path, NDArray, tuple[float, ...]], None]


def _write_nifti(path: Path, array: NDArray, spacing: tuple[float, ...]) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(spacing[::-1])
    image.SetOrigin((1.5, -2.0, 3.0))
    sitk.WriteImage(image, str(path))


def _write_png(path: Path, array: NDArray, _: tuple[float, ...]) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(array, isVector=array.ndim == 3), str(path))


def _write_tif(path: Path, array: NDArray, spacing: tuple[float, ...]) -> None:
    import tifffile

    tifffile.imwrite(path, array)
    stem = path.name.removesuffix(".tif")
    stem = stem[:-5] if path.parent.name == "images" else stem
    path.with_name(f"{stem}.json").write_text(json.dumps({"spacing": spacing}))
