"""Contours as TCIA's Vestibular-Schwannoma-SEG releases them (doi 10.7937/TCIA.9YTJ-5Q73): polygons on planes."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnunet_deepstaple.errors import InputError

TUMOUR, COCHLEA = 1, 2
"""Label values, those of the CrossMoDA challenge."""

OFF_PLANE = 0.5
"""Millimetres that the points of a contour may differ in z; the release's own stay below 0.3."""

CONTOUR_ENDINGS = (".json", ".json.gz")


@dataclass(frozen=True)
class Structure:
    """A structure that somebody drew.

    Attributes:
        name: as it was called there.
        polygons: closed polygons, each of shape (N, 3), x, y, z.
    """

    name: str
    polygons: Sequence[np.ndarray]


@dataclass(frozen=True)
class Contours:
    """What was drawn on one image.

    Attributes:
        patient: id of the patient.
        structures: tumour, and the cochlea where it was drawn, by their label value.
    """

    patient: str
    structures: dict[int, Structure]


def read_contours(path: Path) -> Contours:
    """Read a file of contours: the first structure is the tumour, one is called cochlea.

    Raises:
        InputError: the file cannot be read, holds no contours, or a contour lies off the planes of constant z.
    """
    entries = _read_json(path)
    try:
        drawn = [
            Structure(entry["structure_name"], [np.array(one, float) for one in entry["LPS_contour_points"]])
            for entry in entries
        ]
        patient = str(entries[0]["PatientID"])
    except (TypeError, KeyError, IndexError, ValueError) as error:
        raise InputError(
            f"{path} holds no structures with 'PatientID', 'structure_name' and 'LPS_contour_points'; give a "
            f"contours.json of Vestibular-Schwannoma-SEG"
        ) from error
    structures = {TUMOUR: drawn[0]}
    cochleae = [one for one in drawn[1:] if one.name.strip().lower() == "cochlea"]
    if cochleae:
        structures[COCHLEA] = cochleae[0]
    for structure in structures.values():
        _check(structure, path)
    return Contours(patient, structures)


def _read_json(path: Path) -> Any:
    try:
        content = path.read_bytes()
        return json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    except (OSError, EOFError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON ({error}); fetch it again") from error


def _check(structure: Structure, path: Path) -> None:
    what = f"{path}: structure '{structure.name}'"
    if not structure.polygons:
        raise InputError(f"{what} has no contours; leave this case out")
    for polygon in structure.polygons:
        if polygon.ndim != 2 or polygon.shape[1] != 3 or len(polygon) < 3 or not np.isfinite(polygon).all():
            raise InputError(f"{what} has a contour that is no polygon of points x, y, z; leave this case out")
        height = np.ptp(polygon[:, 2])
        if height > OFF_PLANE:
            raise InputError(
                f"{what} has a contour off the planes, {height:.2f} mm in z; contours must lie on planes of constant "
                f"z, those of the image they were drawn on"
            )
