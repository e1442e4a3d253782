import json

import numpy as np
import pytest

from nnunet_deepstaple.errors import InputError
from scripts.vestibular.contours import COCHLEA, TUMOUR, read_contours

from .drawn import ellipsoid, entry, write_contours


def test_the_first_structure_is_the_tumour_and_one_is_called_cochlea(tmp_path):
    contours = read_contours(write_contours(tmp_path / "sub-001_T1w.json.gz"))
    assert contours.patient == "sub-001"
    assert {value: one.name for value, one in contours.structures.items()} == {TUMOUR: "TV", COCHLEA: "Cochlea"}
    assert all(polygon.shape[1] == 3 for one in contours.structures.values() for polygon in one.polygons)


def test_older_volumes_are_no_cochlea(tmp_path):
    path = tmp_path / "contours.json"
    polygons = ellipsoid(np.zeros(3), (5, 5, 5))
    path.write_text(json.dumps([entry("AN", polygons, "a"), entry("Vol2016", polygons, "a")]))
    assert list(read_contours(path).structures) == [TUMOUR]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "holds no structures"),
        ('[{"structure_name": "TV"}]', "holds no structures"),
        (json.dumps([entry("TV", [], "a")]), "structure 'TV' has no contours"),
        (json.dumps([entry("TV", [[[0, 0, 0], [1, 0, 0]]], "a")]), "is no polygon"),
        (
            json.dumps([entry("TV", [[[0, 0, 0], [1, 0, 0], [0, 1, 2.5]]], "a")]),
            r"off the planes, 2\.50 mm in z",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line(tmp_path, content, message):
    path = tmp_path / "contours.json"
    path.write_text(content)
    with pytest.raises(InputError, match=message) as error:
        read_contours(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
