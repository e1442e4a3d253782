"""Contours that tests draw themselves, in the layout of the release: ellipsoids for tumour and cochlea."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

REAL = Path(__file__).resolve().parents[3] / "shared/data/vestibular"
"""Real contours, where they are."""

needs_real_contours = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real contours in {REAL}")

PLANE = 1.5
"""Millimetres between planes."""

COCHLEA = np.array([33.0, -20.0, -33.0])
TUMOUR = COCHLEA + np.array([-10, 4, 1])
"""Positions on the left."""

RIGHT = np.array([-1, 1, 1])
TUMOUR_AXES, COCHLEA_AXES = (9.0, 6.0, 5.0), (4.0, 3.0, 3.0)


def ellipsoid(centre: np.ndarray, axes: tuple[float, float, float]) -> list[list[list[float]]]:
    """Polygons of an ellipsoid on planes of constant z."""
    angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    polygons = []
    for z in np.arange(np.ceil((centre[2] - axes[2]) / PLANE) * PLANE, centre[2] + axes[2], PLANE):
        width = np.sqrt(max(1 - ((z - centre[2]) / axes[2]) ** 2, 0))
        if width > 0.1:
            x, y = centre[0] + axes[0] * width * np.cos(angles), centre[1] + axes[1] * width * np.sin(angles)
            polygons.append(np.stack([x, y, np.full(60, z)], 1).tolist())
    return polygons


def entry(name: str, polygons: list, patient: str) -> dict:
    return {"PatientID": patient, "structure_name": name, "LPS_contour_points": polygons}


def write_contours(path: Path, *, right: bool = False, shift: tuple[float, ...] = (0, 0, 0), size: float = 1) -> Path:
    """Write tumour and cochlea of one patient, named by the file."""
    side = RIGHT if right else np.ones(3)
    patient = path.name.split("_")[0]
    axes = tuple(size * axis for axis in TUMOUR_AXES)
    structures = [
        entry("TV", ellipsoid((TUMOUR + shift) * side, axes), patient),
        entry("Cochlea", ellipsoid((COCHLEA + shift) * side, COCHLEA_AXES), patient),
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(structures).encode()))
    return path


def write_release(folder: Path, patients: int) -> Path:
    """Write contours of both contrasts of some patients, every other one with a tumour on the right."""
    random = np.random.default_rng(0)
    for number in range(1, patients + 1):
        shift, size = tuple(random.normal(0, 3, 3)), random.uniform(0.8, 1.3)
        for contrast in ("T1w", "T2w"):
            path = folder / f"sub-{number:03d}_{contrast}.json.gz"
            write_contours(path, right=number % 2 == 0, shift=shift, size=size)
    return folder
