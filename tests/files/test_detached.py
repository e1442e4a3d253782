"""An image that names another file for its voxels lets a stranger read files of this machine."""

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.image_files import read_geometry, read_image, read_image_header

META = (
    "ObjectType = Image\nNDims = 3\nBinaryData = True\n{}DimSize = 3 3 3\nElementType = MET_UCHAR\n"
    "ElementDataFile = {}\n"
)
NRRD = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 3 3 3\nencoding: raw\n{}: {}\n\n"


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_bytes(bytes(range(27)))
    return path


@pytest.mark.parametrize("read", [read_image, read_geometry, read_image_header])
@pytest.mark.parametrize("how", ["plain", "comment", "LIST", "data file", "datafile", "Data File"])
def test_no_other_file_is_read(tmp_path, secret, read, how):
    if how in ("plain", "comment", "LIST"):
        path = tmp_path / "x.mha"
        remark = "Comment = x\nComment = ElementDataFile = LOCAL\n" if how == "comment" else ""
        path.write_text(META.format(remark, f"LIST\n{secret}" if how == "LIST" else secret))
    else:
        path = tmp_path / "x.nrrd"
        path.write_text(NRRD.format(how, secret))
    with pytest.raises(InputError, match=r"its voxels lie in another file, .*; save it as one file"):
        read(path)


def test_own_voxels_are_read(tmp_path):
    (tmp_path / "x.mha").write_bytes(META.format("", "LOCAL").encode() + bytes(range(27)))
    assert read_image(tmp_path / "x.mha")[0].ravel().tolist() == list(range(27))
    (tmp_path / "x.nrrd").write_bytes(NRRD.format("# content", "x").encode() + b"data file: /etc/hostname\n" + bytes(2))
    assert read_image(tmp_path / "x.nrrd")[0].tobytes().startswith(b"data file")
    (tmp_path / "y.nrrd").write_bytes((tmp_path / "x.mha").read_bytes())
    with pytest.raises(InputError, match="cannot be read"):
        read_image(tmp_path / "y.nrrd")
