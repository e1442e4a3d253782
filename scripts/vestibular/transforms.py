"""Affine maps of positions, and the release's files of them."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry


@dataclass(frozen=True)
class Affine:
    """Maps a position p to ``matrix`` · p + ``shift``."""

    matrix: np.ndarray
    shift: np.ndarray

    @classmethod
    def identity(cls) -> "Affine":
        return cls(np.eye(3), np.zeros(3))

    @classmethod
    def of_grid(cls, grid: Geometry) -> "Affine":
        """From indices x, y, z of a grid to positions."""
        return cls(np.reshape(grid.direction, (3, 3)) * grid.spacing, np.array(grid.origin))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Map points, shape (N, 3)."""
        return points @ self.matrix.T + self.shift

    def after(self, first: "Affine") -> "Affine":
        """This map after another."""
        return Affine(self.matrix @ first.matrix, self.matrix @ first.shift + self.shift)

    def inverse(self) -> "Affine":
        matrix = np.linalg.inv(self.matrix)
        return Affine(matrix, -matrix @ self.shift)


def read_t2_to_t1(path: Path, patient: str) -> Affine:
    """Read ``inv_T1_LPS_to_T2_LPS.tfm``, which as written maps a position in the T2 image to that in the T1 image.

    Raises:
        InputError: it is no affine transform, or that of another patient.
    """
    try:
        text = path.read_text(encoding="utf-8")
        transform = sitk.AffineTransform(sitk.ReadTransform(str(path)))
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as an affine transform of ITK; fetch it again") from error
    named = re.search(r"^#PatientID: *(\S+)", text, re.MULTILINE)
    if named is not None and named[1] != patient:
        raise InputError(
            f"{path} is the transform of patient {named[1]}, the contours are of {patient}; sort the files"
        )
    matrix = np.reshape(transform.GetMatrix(), (3, 3))
    centre, translation = np.array(transform.GetCenter()), np.array(transform.GetTranslation())
    return Affine(matrix, translation + centre - matrix @ centre)
