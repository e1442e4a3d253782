import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.grids import OUTSIDE, grid_of_most, on_grid, remedy, turned

LABELS = np.random.default_rng(0).integers(0, 4, (5, 6, 7)).astype(np.uint8)
GRID = Geometry((7, 6, 5), (1.0, 1.5, 2.0), (3.0, -4.0, 5.0), tuple(np.eye(3).ravel().tolist()))


def as_image(labels=LABELS, grid=GRID):
    image = sitk.GetImageFromArray(labels)
    grid.apply_to(image)
    return image


@pytest.mark.parametrize("axes", [[0, 1, 2], [1, 0, 2], [2, 0, 1], [1, 2, 0], [2, 1, 0]])
@pytest.mark.parametrize("flips", [[True, False, False], [False, True, True], [True, True, True]])
def test_turned_axes_are_turned_back_without_loss(axes, flips):
    image = sitk.Flip(sitk.PermuteAxes(as_image(), axes), flips)
    other = Geometry.of(image)
    assert turned(GRID, other) is not None
    assert "another order or orientation" in remedy(GRID, other)
    np.testing.assert_array_equal(on_grid(sitk.GetArrayFromImage(image), other, GRID), LABELS)


def test_a_label_map_on_its_grid_is_left_as_it_is():
    assert on_grid(LABELS, GRID, GRID) is LABELS


def test_outside_of_its_field_of_view_it_says_nothing():
    cut = as_image()[2:5, :, 1:]
    found = on_grid(sitk.GetArrayFromImage(cut), Geometry.of(cut), GRID)
    expected = np.full(LABELS.shape, OUTSIDE)
    expected[1:, :, 2:5] = LABELS[1:, :, 2:5]
    np.testing.assert_array_equal(found, expected)
    assert "another field of view" in remedy(GRID, Geometry.of(cut))


def test_labels_are_interpolated_one_by_one():
    """Between 1 and 3 lies no 2, and a block twice as fine stays the block it is."""
    labels = np.zeros((4, 6, 6), np.uint8)
    labels[:, :, 2:4], labels[:, :, 4:] = 1, 3
    fine = Geometry((11, 6, 4), (0.5, 1.0, 1.0), (0.0, 0.0, 0.0), GRID.direction)
    coarse = Geometry((6, 6, 4), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), GRID.direction)
    found = on_grid(labels, coarse, fine)
    assert set(np.unique(found)) == {0, 1, 3}
    np.testing.assert_array_equal(found[..., ::2], labels)
    assert "another spacing" in remedy(coarse, fine)


def test_reasons():
    lost = Geometry.axis_aligned(GRID.size)
    assert "header seems to be lost" in remedy(GRID, lost)
    angle = np.deg2rad(10)
    about_z = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    rotated = Geometry(GRID.size, GRID.spacing, GRID.origin, tuple(np.ravel(about_z).tolist()))
    assert "is rotated" in remedy(GRID, rotated)
    assert grid_of_most([lost, GRID, GRID]) == GRID
    assert grid_of_most([lost, GRID]) == lost


def test_slices_are_turned_too():
    grid = Geometry((7, 6), (1.0, 1.5), (3.0, -4.0), (1.0, 0.0, 0.0, 1.0))
    image = sitk.Flip(as_image(LABELS[0], grid), [True, False])
    np.testing.assert_array_equal(on_grid(sitk.GetArrayFromImage(image), Geometry.of(image), grid), LABELS[0])


def test_what_cannot_be_resampled():
    sheared = Geometry(GRID.size, GRID.spacing, GRID.origin, (1.0, 0.3, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))
    with pytest.raises(ValueError, match="right angles"):
        on_grid(LABELS, sheared, GRID)
    with pytest.raises(ValueError, match="a spacing is not above 0"):
        on_grid(LABELS, Geometry(GRID.size, (1.0, 1.0, -1.0), GRID.origin, GRID.direction), GRID)
    other = Geometry(GRID.size, (1.0, 1.0, 1.0), GRID.origin, GRID.direction)
    with pytest.raises(ValueError, match="65535"):
        on_grid(np.full(LABELS.shape, OUTSIDE, np.uint16), other, GRID)
