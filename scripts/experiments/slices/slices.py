"""Cutting volumes into slices, so that 2D experiments have as many cases as the paper's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_image, write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map

from ..common.judging import label_map_of


@dataclass(frozen=True)
class Slice:
    """One slice of a volume with labels in it.

    Attributes:
        image: its id, ``<volume>s<number>``.
        volume: id of the volume.
        number: its place along the first axis.
        channels: intensities, shape (channels, y, x).
        truth: the expert's labels, shape (y, x).
    """

    image: str
    volume: str
    number: int
    channels: np.ndarray
    truth: np.ndarray


def slices_of(images: Path, truth: Path, step: int) -> Iterator[Slice]:
    """Every ``step``-th slice of every volume, of those in which the expert labelled something."""
    for volume, paths in find_images(images).channels.items():
        channels = np.stack([read_image(path)[0] for path in paths])
        labels, _ = read_label_map(label_map_of(volume, truth))
        for number in np.flatnonzero(labels.any(axis=(1, 2)))[::step].tolist():
            yield Slice(f"{volume}s{number:03d}", volume, number, channels[:, number], labels[number])


def write_slice_image(one: Slice, folder: Path) -> None:
    """Write a slice's channels as images one voxel thick."""
    for number, values in enumerate(one.channels):
        write_image(
            values[np.newaxis].astype(np.float32), _geometry(values), folder / f"{one.image}_{number:04d}.nii.gz"
        )


def write_slice_labels(labels: np.ndarray, path: Path) -> None:
    """Write a slice's labels, shape (y, x), one voxel thick."""
    write_label_map(labels[np.newaxis], _geometry(labels), path)


def _geometry(plane: np.ndarray) -> Geometry:
    return Geometry.axis_aligned((plane.shape[1], plane.shape[0], 1))
