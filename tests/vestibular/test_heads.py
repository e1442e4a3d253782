import numpy as np
import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.label_maps import write_label_map
from scripts.vestibular.heads import find_atlas
from scripts.vestibular.layout import Scan

GRID = Geometry((81, 60, 40), (1, 1, 1), (-40, -30, -20), (1, 0, 0, 0, 1, 0, 0, 0, 1))


def scan(tmp_path, *blocks) -> Scan:
    """A scan with blocks of labels, each (value, x, half width) in millimetres."""
    labels = np.zeros(GRID.size[::-1], np.uint8)
    for value, x, half in blocks:
        middle = x + 40
        labels[18:23, 28:33, middle - half : middle + half + 1] = value
    path = tmp_path / "crossmoda_1_Label.nii.gz"
    write_label_map(labels, GRID, path)
    return Scan("crossmoda_1", path, path)


@pytest.mark.parametrize(("sign", "side"), [(1, "left"), (-1, "right")])
def test_the_side_and_place_are_those_of_the_cochlea_nearest_to_the_tumour(tmp_path, sign, side):
    atlas = find_atlas(scan(tmp_path, (1, 20 * sign, 5), (2, 33 * sign, 2), (2, -33 * sign, 2)))
    assert atlas.head.side == side
    assert atlas.head.name == f"crossmoda_1_{side}"
    np.testing.assert_allclose(atlas.place, [33, 0, 0], atol=1e-6)  # in the world where it is on the left
    np.testing.assert_allclose(atlas.reach, ([-18, -2, -2], [2, 2, 2]), atol=1e-6)


def test_a_cochlea_in_pieces_is_one(tmp_path):
    atlas = find_atlas(scan(tmp_path, (1, 20, 4), (2, 31, 1), (2, 35, 1)))
    np.testing.assert_allclose(atlas.place, [33, 0, 0], atol=1e-6)


def test_without_a_tumour_there_is_no_atlas(tmp_path):
    assert find_atlas(scan(tmp_path, (2, 33, 2), (2, -33, 2))) is None


def test_a_tumour_without_a_cochlea_has_no_side(tmp_path):
    with pytest.raises(InputError, match=r"has a tumour \(1\) and no cochlea \(2\), which tells the side"):
        find_atlas(scan(tmp_path, (1, 20, 4)))
