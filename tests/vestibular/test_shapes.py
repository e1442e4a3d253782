import numpy as np
import pytest

from nnunet_deepstaple.files.geometry import Geometry
from scripts.vestibular.contours import Structure
from scripts.vestibular.grids import mirrored, resample_mask
from scripts.vestibular.shapes import Shape, label_map
from scripts.vestibular.transforms import Affine

from .drawn import ellipsoid

STRAIGHT = (1.0, 0, 0, 0, 1, 0, 0, 0, 1)
CENTRE, AXES = np.array([5.0, -3, 8]), (9.0, 6.0, 7.0)
VOLUME = 4 / 3 * np.pi * np.prod(AXES)


def shape_of(*polygons) -> Shape:
    return Shape.of(Structure("TV", [np.array(polygon, float) for polygon in polygons]))


def circle(radius: float, z: float, centre=(0, 0)):
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    x, y = centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)
    return np.stack([x, y, np.full(90, z)], 1)


def grid_about(centre, half, spacing, direction=STRAIGHT) -> Geometry:
    size = np.round(2 * half / np.array(spacing)).astype(int) + 1
    matrix = np.reshape(direction, (3, 3))
    origin = centre - matrix @ ((size - 1) / 2 * spacing)
    return Geometry(tuple(size.tolist()), tuple(spacing), tuple(origin.tolist()), tuple(direction))


@pytest.mark.parametrize(
    ("spacing", "direction"),
    [
        ((0.5, 0.5, 0.5), STRAIGHT),
        ((0.8, 0.6, 1.5), STRAIGHT),
        ((0.5, 0.5, 1.0), (-1, 0, 0, 0, -1, 0, 0, 0, 1)),
        ((0.5, 0.5, 1.0), (0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1)),
        ((0.5, 0.5, 1.0), (1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8)),
    ],
)
def test_an_ellipsoid_has_its_volume_and_place_on_any_grid(spacing, direction):
    grid = grid_about(CENTRE, 14, spacing, direction)
    labels = label_map({1: shape_of(*ellipsoid(CENTRE, AXES))}, grid)
    assert labels.sum() * grid.voxel_volume == pytest.approx(VOLUME, rel=0.03)
    place = Affine.of_grid(grid)(np.argwhere(labels)[:, ::-1]).mean(axis=0)
    np.testing.assert_allclose(place, CENTRE, atol=0.3)


def test_between_two_planes_the_border_lies_between():
    shape = shape_of(circle(10, 0), circle(6, 1.5))
    points = np.array([[radius, 0.0, z] for z in (0, 0.75, 1.5) for radius in (5.5, 7.5, 8.5, 9.5, 10.5)])
    inside = shape.holds(points).reshape(3, 5).tolist()
    assert inside[0] == [True, True, True, True, False]
    assert inside[1] == [True, True, False, False, False]
    assert inside[2] == [True, False, False, False, False]


def test_it_ends_half_a_plane_beyond_the_last():
    shape = shape_of(circle(5, 0), circle(5, 1.5), circle(5, 3))
    heights = [-0.8, -0.7, 3.7, 3.8]
    assert shape.holds(np.array([[0.0, 0, z] for z in heights])).tolist() == [False, True, True, False]


def test_a_polygon_within_another_is_a_hole_and_two_apart_are_two():
    shape = shape_of(circle(8, 0), circle(3, 0.05), circle(2, 0, (20, 0)), circle(8, 1.5), circle(2, 1.5, (20, 0)))
    assert shape.planes == pytest.approx([0.02, 1.5], abs=0.02)
    places = np.array([[0.0, 0, 0], [5, 0, 0], [20, 0, 0], [12, 0, 0], [40, 0, 0]])
    assert shape.holds(places).tolist() == [False, True, True, False, False]


def test_a_single_plane_has_a_thickness():
    assert shape_of(circle(5, 0)).holds(np.array([[0.0, 0, 0.7], [0, 0, 0.8]])).tolist() == [True, False]


def test_the_first_of_two_shapes_that_meet_stays():
    both = {2: shape_of(*ellipsoid(CENTRE, AXES)), 1: shape_of(*ellipsoid(CENTRE, (20, 20, 20)))}
    grid = grid_about(CENTRE, 12, (1, 1, 1))
    labels = label_map(both, grid)
    assert labels[12, 12, 12] == 2
    np.testing.assert_array_equal(labels == 2, label_map({2: both[2]}, grid) == 2)


def test_what_the_grid_does_not_show_is_left_out():
    labels = label_map({1: shape_of(*ellipsoid(CENTRE, AXES))}, grid_about(CENTRE + 100, 12, (1, 1, 1)))
    assert not labels.any()


def test_carried_onto_another_image():
    shift = Affine(np.eye(3), np.array([4.0, 0, 0]))  # what lies at x here was drawn at x + 4
    grid = grid_about(CENTRE, 16, (1, 1, 1))
    moved = label_map({1: shape_of(*ellipsoid(CENTRE, AXES))}, grid, shift)
    place = Affine.of_grid(grid)(np.argwhere(moved)[:, ::-1]).mean(axis=0)
    np.testing.assert_allclose(place, CENTRE - [4, 0, 0], atol=0.1)


def test_in_the_mirrored_world_it_is_on_the_other_side():
    grid = grid_about(CENTRE * [-1, 1, 1], 12, (1, 1, 1))
    labels = label_map({1: shape_of(*ellipsoid(CENTRE * [-1, 1, 1], AXES))}, grid)
    other = grid_about(CENTRE, 12, (1, 1, 1))
    expected = label_map({1: shape_of(*ellipsoid(CENTRE, AXES))}, other) > 0
    assert (resample_mask(labels > 0, mirrored(grid), other) == expected).mean() > 0.995
