import re

import numpy as np
from hypothesis import given
from hypothesis.extra import numpy as hnp

from nnunet_deepstaple.report.outlines import as_path, outline, outline_of_mask


def filled(path: str, shape) -> np.ndarray:
    """Pixels inside a path of closed rectilinear loops, by the even-odd rule."""
    inside = np.zeros((shape[0], shape[1] + 1), bool)
    for x, y, rest in re.findall(r"M(\d+) (\d+)((?:h-?\d+v-?\d+)+)z", path):
        column, row = int(x), int(y)
        for across, down in re.findall(r"h(-?\d+)v(-?\d+)", rest):
            column += int(across)
            top, bottom = sorted((row, row + int(down)))
            inside[top:bottom, column:] ^= True
            row += int(down)
        assert (column, row) == (int(x), int(y)), "the loop is closed"
    return inside[:, :-1]


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_filling_the_outline_gives_the_mask(mask):
    np.testing.assert_array_equal(filled(as_path(outline_of_mask(mask)), mask.shape), mask)


def test_a_pixel():
    mask = np.zeros((4, 5), bool)
    mask[2, 3] = True
    assert as_path(outline_of_mask(mask), down=10) == "M3 12h1v1h-1v-1z"


def test_pixels_that_touch_at_a_corner_are_closed_loops():
    assert len(outline_of_mask(np.eye(2, dtype=bool))) == 2


def test_each_label_has_its_outline():
    labels = np.array([[0, 1, 2], [0, 1, 2]])
    assert as_path(outline(labels)) == "M1 0h1v2h-1v-2zM2 0h1v2h-1v-2z"


def test_nothing_has_no_outline():
    assert outline(np.zeros((3, 3), int)) == []
