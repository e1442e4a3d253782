"""The spacing of 3D tifs is found where nnU-Net finds it, or told of."""

import json

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.datasets.raw_dataset import Images
from nnunet_deepstaple.datasets.spacing_files import images_without_spacing
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.image_files import read_image_header
from nnunet_deepstaple.files.label_maps import read_label_map

from ..fuzz import changed, damaged, fuzz, read_or_one_line


def write(folder, beside):
    path = folder / "p0_0000.tif"
    tifffile.imwrite(path, np.zeros((4, 9, 8), np.uint8), photometric="minisblack")
    if beside:
        (folder / beside).write_text(json.dumps({"spacing": [4.0, 1.5, 1.5]}), encoding="utf-8")
    return images_without_spacing(Images({"p0": [path]}, ".tif"), {"p0": read_image_header(path)[1]})


def test_where_nnunet_looks(tmp_path):
    assert write(tmp_path, "p0.json") == []


def test_nowhere(tmp_path):
    [note] = write(tmp_path, None)
    assert "p0_0000.tif, have no file with their spacing beside them; nnU-Net takes 1" in note


def test_under_the_name_of_a_channel(tmp_path):
    with pytest.raises(InputError, match=r"p0_0000\.json is not where nnU-Net looks .*; rename it to p0\.json"):
        write(tmp_path, "p0_0000.json")


@pytest.mark.parametrize(
    "content", ["", "[1, 1, 1]", '{"Spacing": [4, 1, 1]}', '{"spacing": [1, 1]}', '{"spacing": [1, null, 1]}']
)
def test_a_file_that_does_not_say_it(tmp_path, content):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 9, 8), np.uint8), photometric="minisblack")
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r'a\.json beside it does not say its spacing: .* as {"spacing": \['):
        read_label_map(tmp_path / "a.tif")


GOOD = {"spacing": [4.0, 1.5, 1.5]}


@fuzz
@given(
    content=changed(GOOD).map(lambda one: json.dumps(one).encode("utf-8", "surrogatepass"))
    | damaged(json.dumps(GOOD).encode())
    | st.binary(max_size=40)
)
def test_any_content(tmp_path, content):
    path = tmp_path / "p0_0000.tif"
    tifffile.imwrite(path, np.zeros((4, 9, 8), np.uint8), photometric="minisblack")
    for name in ("p0.json", "p0_0000.json"):
        (tmp_path / name).write_bytes(content)
    for read in (read_image_header, read_label_map):
        read_or_one_line(read, path)
