"""NRRD files that are read without ITK hold what ITK reads in them; others are left to it."""

import gzip

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.buffer import Buffer
from nnunet_deepstaple.files.image_files import read_image
from nnunet_deepstaple.files.nrrd import packed_voxels

VALUES = np.random.default_rng(0).integers(0, 200, (3, 4, 5)).astype(np.uint16)
HEADER = "NRRD0004\n# a remark\ntype: {}\ndimension: 3\nsizes: 5 4 3\nendian: {}\nencoding: {}\nkey:=byte skip: 7\n{}\n"


@pytest.fixture
def nrrd(tmp_path):
    """Write an NRRD file of ``content``."""

    def write(content, kind="unsigned short", endian="little", encoding="gzip", more=""):
        path = tmp_path / "x.nrrd"
        path.write_bytes(HEADER.format(kind, endian, encoding, more).encode() + content)
        return path

    return write


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 4, 5), (4, 5)])
def test_what_itk_writes_is_read_into_the_buffer(tmp_path, kind, shape):
    values, buffer = VALUES.reshape(-1)[: np.prod(shape)].reshape(shape).astype(kind), Buffer()
    sitk.WriteImage(sitk.GetImageFromArray(values), str(tmp_path / "x.seg.nrrd"), useCompression=True)
    found = packed_voxels(tmp_path / "x.seg.nrrd", shape[::-1], buffer)
    assert found.dtype == kind
    assert np.array_equal(found, values)
    assert np.shares_memory(read_image(tmp_path / "x.seg.nrrd", buffer)[0], buffer.take(1))


def test_names_in_capitals_and_lines_of_windows(nrrd):
    path = nrrd(b"", "UInt16", "Little", "GZ")
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + gzip.compress(VALUES.tobytes()))
    assert np.array_equal(packed_voxels(path, (5, 4, 3), Buffer()), VALUES)
    assert np.array_equal(read_image(path)[0], VALUES)


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (VALUES.tobytes(), {"encoding": "raw"}),
        (gzip.compress(VALUES.byteswap().tobytes()), {"endian": "big"}),
        (gzip.compress(VALUES.astype(np.int64).tobytes()), {"kind": "longlong"}),
        (gzip.compress(bytes(7) + VALUES.tobytes()), {"more": "byte skip: 7\n"}),
        (gzip.compress(VALUES.tobytes() + bytes(9)), {}),
    ],
)
def test_what_is_not_plain_is_left_to_itk(nrrd, content, options):
    path = nrrd(content, **options)
    assert packed_voxels(path, (5, 4, 3), Buffer()) is None
    assert np.array_equal(read_image(path)[0], VALUES)


@pytest.mark.parametrize("content", [gzip.compress(VALUES.tobytes()[:-1]), gzip.compress(VALUES.tobytes())[:-20], b""])
def test_what_is_cut_off_is_refused(nrrd, content):
    path = nrrd(content)
    assert packed_voxels(path, (5, 4, 3), Buffer()) is None
    with pytest.raises(InputError, match=r"x.nrrd cannot be read as an image"):
        read_image(path)
