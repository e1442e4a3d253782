"""Images are looked at before hours of work."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.datasets.image_looks import judge, look_at_image, odd_spacings
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry

from ..fuzz import fuzz, read_or_one_line
from ..label_map_files import save

PLAIN = np.arange(64, dtype=np.float32).reshape(4, 4, 4)


def told(tmp_path, values, zeroed=False, allow_doubtful=False):
    notes = []
    looks = [look_at_image(save(tmp_path / name, array)) for name, array in (("a.nrrd", PLAIN), ("b.nrrd", values))]
    judge(looks, zeroed, notes.append, allow_doubtful)
    return notes


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_by_name(tmp_path, odd):
    values = PLAIN.copy()
    values[1, 2, 3] = odd
    with pytest.raises(InputError, match=r"b\.nrrd holds NaN or infinite values \(1 voxels.*--allow_doubtful"):
        told(tmp_path, values)
    assert len(told(tmp_path, values, allow_doubtful=True)) == 1
    [note] = told(tmp_path, values, zeroed=True)
    assert note.endswith("which nnU-Net reads as 0")


def test_nothing_but_nan(tmp_path):
    assert "(64 voxels" in told(tmp_path, np.full_like(PLAIN, np.nan), zeroed=True)[0]


def test_one_value_and_padding_are_told(tmp_path):
    assert told(tmp_path, PLAIN) == []
    assert "b.nrrd holds the one value 3 everywhere" in told(tmp_path, np.full_like(PLAIN, 3))[0]
    padded = PLAIN.copy()
    padded[:3] = -1000
    assert "the value -1000 in 75% of the voxels" in told(tmp_path, padded)[0]
    assert told(tmp_path, np.where(padded == -1000, 0, padded)) == []  # as nnU-Net crops it


def test_spacing_in_another_unit():
    geometries = {name: Geometry.axis_aligned((4, 4, 4), (1.0, 1.0, 2.0)) for name in "abc"}
    paths = {name: [Path(f"{name}_0000.nii.gz")] for name in "abcd"}
    assert odd_spacings(geometries, paths) == []
    geometries["d"] = Geometry.axis_aligned((4, 4, 4), (0.001, 0.001, 0.002))
    [note] = odd_spacings(geometries, paths)
    assert note.startswith("d_0000.nii.gz has a spacing of 0.001 × 0.001 × 0.002 mm")


ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".tif", ".png")


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """Bytes of a valid image of each ending."""
    folder = tmp_path_factory.mktemp("valid")
    content = {}
    for ending in ENDINGS:
        values = PLAIN[0].astype(np.uint8) if ending == ".png" else PLAIN
        content[ending] = save(folder / f"a{ending}", values).read_bytes()
    return content


@fuzz
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_any_image_is_looked_at_or_one_line(tmp_path, valid, data, ending):
    content = bytearray(valid[ending])
    for _ in range(data.draw(st.integers(0, 4))):
        content[data.draw(st.integers(0, min(len(content) - 1, 400)))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"x_0000{ending}"
    path.write_bytes(bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))]))
    look = read_or_one_line(look_at_image, path)
    if not isinstance(look, str):
        read_or_one_line(lambda _: judge([look], False, str, False), path)
