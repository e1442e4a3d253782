import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import cdist

from nnunet_deepstaple.ranking.contours import hausdorff_95, surface_dice, surface_distances


def box(shape, *sides) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*side) for side in sides)] = True
    return mask


def test_equal_masks_are_at_no_distance():
    mask = box((6, 7, 8), (1, 4), (2, 5), (1, 7))
    found = surface_distances(mask, mask, (1, 1, 1))
    assert hausdorff_95(found) == 0
    assert surface_dice(found, 0.5) == 1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_moved_plane_is_as_far_as_the_spacing_says(axis):
    one, other = np.zeros((2, 8, 8, 8), bool)
    for mask, place in ((one, 2), (other, 4)):
        mask[(slice(None),) * axis + (place,)] = True
    spacing = (3.0, 1.0, 0.5)
    found = surface_distances(one, other, spacing)
    assert hausdorff_95(found) == pytest.approx(2 * spacing[axis])
    assert surface_dice(found, 2 * spacing[axis]) == 1
    assert surface_dice(found, 1.9 * spacing[axis]) == 0


def test_flat_masks():
    one, other = box((9, 9), (1, 8), (1, 8)), box((9, 9), (1, 8), (1, 5))
    found = surface_distances(one, other, (1.0, 2.0))
    assert hausdorff_95(found) == pytest.approx(6.0)
    # of 24 border pixels, the 7 of column 7 are 6 mm away and 2 of column 6 are 4 mm; of the other's 18, the one in the
    # middle of column 4 is 3 mm away
    assert surface_dice(found, 2.0) == pytest.approx((24 - 9 + 18 - 1) / (24 + 18))


def test_an_empty_mask_has_no_distance():
    assert surface_distances(box((4, 4), (1, 2), (1, 2)), np.zeros((4, 4), bool), (1, 1)) is None


def test_a_mask_at_the_edge_of_the_image_has_its_border_there():
    found = surface_distances(np.ones((3, 3), bool), box((3, 3), (1, 2), (1, 2)), (1, 1))
    assert len(found[0]) == 8


def test_distances_are_those_between_all_pairs_of_border_voxels():
    rng, spacing = np.random.default_rng(0), (3.0, 1.0, 0.7)
    for _ in range(5):
        one, other = ndimage.binary_dilation(
            rng.random((2, 9, 10, 11)) < 0.02, iterations=1, structure=np.ones((1, 3, 3, 3))
        )
        borders = [np.argwhere(mask & ~ndimage.binary_erosion(mask)) * spacing for mask in (one, other)]
        apart = cdist(*borders)
        expected = np.concatenate([apart.min(axis=1), apart.min(axis=0)])
        found = surface_distances(one, other, spacing)
        assert np.sort(np.concatenate(found)) == pytest.approx(np.sort(expected))
        assert hausdorff_95(found) == pytest.approx(np.percentile(expected, 95))
        assert surface_dice(found, 2.0) == pytest.approx((expected <= 2.0).mean())
