import numpy as np
import pytest

from nnunet_deepstaple.files.geometry import Geometry
from scripts.vestibular.grids import centre_of, contains, crop_grid, mirrored, position, resample

DIRECTIONS = {
    "along": (1, 0, 0, 0, 1, 0, 0, 0, 1),
    "flipped": (-1, 0, 0, 0, -1, 0, 0, 0, 1),
    "sagittal": (0, 0, -1, 1, 0, 0, 0, -1, 0),
    "oblique": (0.96, -0.28, 0, 0.28, 0.96, 0, 0, 0, 1),
}


def grid(name: str) -> Geometry:
    return Geometry((40, 50, 30), (0.6, 0.7, 1.5), (-20, 30, 5), tuple(map(float, DIRECTIONS[name])))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_mirrored_twice_is_not_at_all(name):
    assert grid(name).difference(mirrored(mirrored(grid(name)))) is None
    np.testing.assert_allclose(centre_of(mirrored(grid(name))), centre_of(grid(name)) * [-1, 1, 1])


@pytest.mark.parametrize("name", DIRECTIONS)
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_a_crop_lies_along_the_head_and_is_named_left_back_and_head(name, is_mirrored):
    head = mirrored(grid(name)) if is_mirrored else grid(name)
    place = np.array([3.0, 4, 5])
    crop = crop_grid(head, place, (8, 8, 8))
    direction = np.reshape(crop.direction, (3, 3))
    assert np.linalg.det(direction) == pytest.approx(1)
    assert (np.diag(direction) > 0.9).all()
    assert np.allclose(sorted(np.abs(direction.ravel())), sorted(np.abs(np.reshape(head.direction, 9))))
    np.testing.assert_allclose(centre_of(crop), place)


def test_levels_lie_nearer_to_the_top():
    crop = crop_grid(grid("along"), np.zeros(3), (128, 128, 50), shift=6)
    whole = crop_grid(grid("along"), np.zeros(3), (128, 128, 128))
    np.testing.assert_allclose(crop.origin, position(whole, np.array([0, 0, 45])))


def test_what_a_grid_contains():
    inside = position(grid("oblique"), np.array([39.4, 0, 29.4]))
    assert contains(grid("oblique"), inside)
    assert not contains(grid("oblique"), position(grid("oblique"), np.array([39.6, 0, 0])))


@pytest.mark.parametrize("name", DIRECTIONS)
def test_a_mirrored_crop_shows_the_other_side(name):
    head = grid(name)
    indices = np.stack(np.meshgrid(*map(np.arange, head.size), indexing="ij"), -1).reshape(-1, 3)
    places = np.array([position(head, index) for index in indices])
    values = places[:, 0].reshape(head.size).transpose(2, 1, 0)  # each voxel shows its own x
    place = centre_of(mirrored(head))
    crop = crop_grid(mirrored(head), place, (4, 4, 4))
    shown = resample(values, mirrored(head), crop, 1000)
    expected = -np.array([position(crop, np.array([i, 0, 0]))[0] for i in range(4)])
    np.testing.assert_allclose(shown[0, 0], expected, atol=1e-3)
