import math

import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
GRID = Geometry((12, 10, 8), (1.0, 1.5, 4.0), (3.0, -4.0, 5.0), IDENTITY)


def changed(**properties):
    return Geometry(**{**GRID.__dict__, **properties})


def test_of_and_apply_to():
    image = sitk.Image(GRID.size, sitk.sitkUInt8)
    GRID.apply_to(image)
    assert Geometry.of(image) == GRID


def test_axis_aligned():
    assert Geometry.axis_aligned((5, 4)) == Geometry((5, 4), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0, 0.0, 1.0))
    assert Geometry.axis_aligned((5, 4, 3), (1, 2, 3)).spacing == (1.0, 2.0, 3.0)


def test_voxel_volume():
    assert GRID.voxel_volume == 6


@pytest.mark.parametrize(
    "noise",
    [
        {},
        {"origin": (3.0 + 1e-7, -4.0, 5.0)},
        {"origin": (3.0 + 1e-4, -4.0, 5.0)},
        {"origin": (3.0, -4.0, 5.0 + 3.9e-3)},  # less than a thousandth of a voxel of 4 mm
        {"spacing": (1.0 + 1e-6, 1.5, 4.0)},
        {"spacing": (1.0, 1.5, 4.0 + 3.9e-3)},  # less than a thousandth
        {"direction": (1.0, 1e-5, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)},
    ],
)
def test_float_noise_passes(noise):
    assert GRID.difference(changed(**noise)) is None


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"size": (12, 10, 9)}, "size (12, 10, 9) instead of (12, 10, 8)"),
        ({"size": (12, 10)}, "size (12, 10) instead of (12, 10, 8)"),
        ({"spacing": (1.002, 1.5, 4.0)}, "spacing (1.002, 1.5, 4) instead of (1, 1.5, 4)"),
        ({"origin": (3.0, -4.0, 5.0041)}, "origin (3, -4, 5.0041) instead of (3, -4, 5)"),
        ({"origin": (math.nan, -4.0, 5.0)}, "origin (nan, -4, 5) instead of (3, -4, 5)"),
        ({"direction": (-1.0, *IDENTITY[1:])}, "direction (-1, 0, 0, 0, 1, 0, 0, 0, 1) instead of"),
    ],
)
def test_differences_are_named(properties, message):
    assert GRID.difference(changed(**properties)).startswith(message)


@pytest.mark.parametrize("scale", [1e-6, 5e-4, 1e-2, 1, 1e3])
def test_tolerances_are_relative_to_the_voxel(scale):
    spacing = tuple(scale * length for length in GRID.spacing)
    grid = changed(spacing=spacing)
    assert grid.difference(changed(spacing=tuple(1.0009 * length for length in spacing))) is None
    assert "spacing" in grid.difference(changed(spacing=tuple(1.06 * length for length in spacing)))
    assert "origin" in grid.difference(changed(spacing=spacing, origin=(3.0 + 0.002 * spacing[0], -4.0, 5.0)))


def test_an_origin_is_compared_along_the_voxels_axes():
    """A shift of 3 µm along an axis of 4 mm is less than a thousandth of its voxel, wherever the axis points."""
    turned = changed(direction=(0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
    assert turned.difference(changed(direction=turned.direction, origin=(3.0 + 3e-3, -4.0, 5.0))) is None
    assert "origin" in turned.difference(changed(direction=turned.direction, origin=(3.0, -4.0, 5.0 + 3e-3)))


def test_what_to_do_with_another_grid():
    lost = Geometry.axis_aligned(GRID.size)
    assert "header seems to be lost" in GRID.remedy(lost)
    image = sitk.Image(GRID.size, sitk.sitkUInt8)
    GRID.apply_to(image)
    for orientation in ("RAS", "SPL", "ARI"):
        assert "reorient it" in GRID.remedy(Geometry.of(sitk.DICOMOrient(image, orientation)))
    moved = GRID.remedy(changed(origin=(3.0, -4.0, 9.0)))
    assert moved.startswith("it shows another field of view; if it is of another image, correct its name, else")
    assert "another field of view" in GRID.remedy(changed(size=(5, 5, 5)))
