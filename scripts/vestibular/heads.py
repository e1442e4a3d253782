"""Heads as if every tumour were on the left: what is on the right is mirrored."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_geometry, read_image

from .contours import COCHLEA, TUMOUR
from .grids import centre_of, mirrored, position
from .layout import SIDES, Scan

LEFT, RIGHT = SIDES


@dataclass(frozen=True)
class Head:
    """One side of a scan.

    Attributes:
        scan: the scan.
        side: which side of the patient lies on the left.
    """

    scan: Scan
    side: str

    @property
    def name(self) -> str:
        return f"{self.scan.case}_{self.side}"

    @cached_property
    def own_grid(self) -> Geometry:
        """Grid of the scan as its file has it."""
        return read_geometry(self.scan.image)

    @property
    def grid(self) -> Geometry:
        """Grid of the scan, mirrored if the side is the right one."""
        return mirrored(self.own_grid) if self.side == RIGHT else self.own_grid

    def image(self) -> np.ndarray:
        """Intensities, shape (z, y, x)."""
        return read_image(self.scan.image)[0]

    def mask(self, value: int) -> np.ndarray:
        """Voxels of a label, shape (z, y, x)."""
        return self.scan.labels()[0] == value


@dataclass(frozen=True)
class Atlas:
    """A head with a known tumour on its left.

    Attributes:
        head: the head.
        place: where its cochlea is, on the tumour's side.
        reach: least and largest x, y, z of its labels, from that place.
    """

    head: Head
    place: np.ndarray
    reach: tuple[np.ndarray, np.ndarray]


def find_atlas(scan: Scan) -> Atlas | None:
    """The side of a labelled scan where the tumour is; None where there is no tumour.

    Raises:
        InputError: there is a tumour and no cochlea, which tells side and place.
    """
    labels, grid = scan.labels()
    tumour = labels == TUMOUR
    if not tumour.any():
        return None
    parts, count = ndimage.label(labels == COCHLEA, np.ones((3, 3, 3)))
    if not count:
        raise InputError(f"{scan.label} has a tumour (1) and no cochlea (2), which tells the side; label it or move it")
    middle = _mean_place(tumour, grid)
    cochleae = [_mean_place(parts == part, grid) for part in range(1, count + 1)]
    nearest = min(cochleae, key=lambda place: float(np.linalg.norm(place - middle)))
    side = LEFT if nearest[0] > centre_of(grid)[0] else RIGHT
    same = np.isin(parts, [part for part, place in enumerate(cochleae, 1) if np.linalg.norm(place - nearest) < 20])
    head = Head(scan, side)
    place = _mean_place(same, head.grid)
    voxels = np.argwhere(tumour | same)
    corners = np.array(np.meshgrid(*zip(voxels.min(0)[::-1], voxels.max(0)[::-1], strict=True))).reshape(3, -1).T
    reached = np.array([position(head.grid, corner) for corner in corners]) - place
    return Atlas(head, place, (reached.min(axis=0), reached.max(axis=0)))


def _mean_place(mask: np.ndarray, grid: Geometry) -> np.ndarray:
    return position(grid, np.argwhere(mask).mean(axis=0)[::-1])
