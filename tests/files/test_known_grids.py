"""A header that was read is not read again, and what it says holds only for files that have just this header."""

import numpy as np
import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files import itk_files
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_image
from nnunet_deepstaple.files.known_grids import known_grid, remember_grid

from ..label_map_files import label_values, save


@pytest.fixture
def headers(monkeypatch):
    """Names of the files whose header ITK reads."""
    reader, names = itk_files.read_header, []
    monkeypatch.setattr(itk_files, "read_header", lambda path, nifti: (names.append(path.name), reader(path, nifti))[1])
    return names


@pytest.mark.parametrize("ending", [".nii.gz", ".nii"])
def test_label_maps_with_one_header(tmp_path, headers, ending):
    spacing = (1.25, 2.5, 0.5 + len(ending))
    for number, name in enumerate("abc"):
        save(tmp_path / (name + ending), label_values((number + 1,)), spacing)
    found = [read_image(tmp_path / (name + ending)) for name in "abc"]
    assert headers == ["a" + ending]
    for number, (values, geometry) in enumerate(found):
        np.testing.assert_array_equal(values, label_values((number + 1,)))
        assert geometry.spacing == pytest.approx(spacing)


def test_a_file_that_was_replaced_has_its_own_grid(tmp_path):
    path = save(tmp_path / "a.nii.gz", label_values(), (1, 1, 1))
    assert read_image(path)[1].spacing == (1, 1, 1)
    save(path, label_values(), (1, 1, 2))
    assert read_image(path)[1].spacing == (1, 1, 2)


def test_a_known_header_does_not_hide_what_is_missing(tmp_path):
    path = save(tmp_path / "a.nii", label_values())
    read_image(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="cut off"):
        read_image(path)


def test_old_headers_are_forgotten():
    grids = {str(number).encode(): Geometry.axis_aligned((number + 1, 1)) for number in range(300)}
    for header, grid in grids.items():
        remember_grid(header, grid)
    assert known_grid(b"0") is None
    assert known_grid(b"299") == grids[b"299"]
