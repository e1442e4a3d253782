"""Images that go with the votes: the target's, and those of the atlases, warped as their labels were."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...files.geometry import Geometry
from ...files.image_files import read_geometry, read_grey


@dataclass(frozen=True)
class AtlasImages:
    """Files of one image.

    Attributes:
        target: its channels.
        warped: channels of the warped image of each candidate, as many as the target's; empty where it has none.
    """

    target: Sequence[Path]
    warped: Sequence[Sequence[Path]]

    @property
    def atlases(self) -> list[int]:
        """Places of the candidates that have an image."""
        return [place for place, channels in enumerate(self.warped) if channels]

    @property
    def paths(self) -> list[Path]:
        """All files."""
        return [path for channels in (self.target, *self.warped) for path in channels]

    def check(self, label_map: Path) -> None:
        """Make sure that all images lie on the grid of a label map, by their headers.

        Raises:
            InputError: one does not, or cannot be read.
        """
        geometry = read_geometry(label_map)
        for path in self.paths:
            _check_grid(read_geometry(path), geometry, path, label_map)

    def read(self, label_map: Path) -> Iterator[list[np.ndarray]]:
        """Channels of the target, and then of each atlas that has an image, shape of the label map.

        Raises:
            InputError: a file cannot be read, lies on another grid, is constant, or holds NaN or infinite values.
        """
        geometry = read_geometry(label_map)
        for channels in (self.target, *filter(None, self.warped)):
            yield [_read(path, geometry, label_map) for path in channels]


def _read(path: Path, geometry: Geometry, label_map: Path) -> np.ndarray:
    values, of_image = read_grey(path)
    _check_grid(of_image, geometry, path, label_map)
    if not np.isfinite(values).all():
        raise InputError(f"{path} holds NaN or infinite values; warp it again, with 0 outside")
    if values.size and values.min() == values.max():
        raise InputError(f"{path} is {values.flat[0]:g} everywhere and shows nothing; warp it again, or leave it out")
    return values


def _check_grid(of_image: Geometry, geometry: Geometry, path: Path, label_map: Path) -> None:
    difference = geometry.difference(of_image)
    if difference is not None:
        raise InputError(f"{path} has {difference} in {label_map}; warp the atlas' image to the grid of its labels")
