"""Whatever lies in a file, reading it gives a label map or one line; what nibabel and nnU-Net read, we read alike.

``READER_EXAMPLES=2000 pytest tests/files/test_any_file.py`` tries more files than the suite does.
"""

import gzip
import struct
import time
import tracemalloc

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.buffer import Buffer
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import needs_nibabel, read_geometry, read_image_header
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.files.nifti import unpack

from ..fuzz import fuzz, read_or_one_line
from ..label_map_files import label_values, save

ENDINGS = (".nii.gz", ".nii", ".nrrd", ".mha", ".gipl", ".png", ".bmp", ".tif")
LABELS = label_values((1, 2, 5), size=(3, 9, 8))
SHEARED = np.array([[1, 0.3, 0, 5], [0, 1.5, 0, -7], [0, 0, 2, 9], [0, 0, 0, 1]])


def content_of(tmp_path_factory, ending):
    path = tmp_path_factory.mktemp("valid") / f"a{ending}"
    labels = LABELS[1] if ending in (".png", ".bmp") else LABELS
    write_label_map(labels, Geometry.axis_aligned(labels.shape[::-1]), path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    """Bytes of a valid file of each ending."""
    return {ending: content_of(tmp_path_factory, ending) for ending in ENDINGS}


def assert_read_or_refused(path):
    for function in (read_label_map, read_geometry, read_image_header):
        read_or_one_line(function, path)


@fuzz
@given(data=st.data())
def test_damaged_files(tmp_path, valid, capfd, data):
    ending = data.draw(st.sampled_from(ENDINGS))
    content = bytearray(valid[ending])
    if ending == ".nii.gz" and data.draw(st.booleans()):
        content = bytearray(gzip.decompress(content))
        repack = True
    else:
        repack = False
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, min(len(content) - 1, 400)))
        content[at] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content)
    path = tmp_path / f"x{ending}"
    path.write_bytes(gzip.compress(content) if repack else content)
    assert_read_or_refused(path)
    assert capfd.readouterr().err == ""


@fuzz
@given(ending=st.sampled_from(ENDINGS), content=st.binary(max_size=600))
def test_any_bytes(tmp_path, capfd, ending, content):
    path = tmp_path / f"x{ending}"
    path.write_bytes(content)
    assert_read_or_refused(path)
    assert capfd.readouterr().err == ""


FIELDS = {
    40: "h",
    42: "h",
    44: "h",
    46: "h",
    48: "h",
    70: "h",
    72: "h",
    80: "f",
    108: "f",
    112: "f",
    116: "f",
    252: "h",
}
SENSELESS = st.sampled_from([-32768, -1, 0, 1, 2, 3, 4, 5, 7, 16, 255, 1000, 32767])
FLOATS = st.sampled_from([float("nan"), float("inf"), -1.0, 0.0, 0.5, 1.0, 1e30, 352.0, 400.0])


@fuzz
@given(
    changes=st.dictionaries(st.sampled_from(sorted(FIELDS)), st.tuples(SENSELESS, FLOATS), max_size=3),
    cut=st.booleans(),
)
def test_senseless_nifti_headers(tmp_path, valid, capfd, changes, cut):
    content = bytearray(valid[".nii"])
    for at, (integer, number) in changes.items():
        struct.pack_into("<" + FIELDS[at], content, at, integer if FIELDS[at] == "h" else number)
    path = tmp_path / "x.nii"
    path.write_bytes(content[:-50] if cut else content)
    assert_read_or_refused(path)
    assert capfd.readouterr().err == ""


@st.composite
def nifti_images(draw):
    kind = draw(st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "i8", "f4", "f8"]))
    version = draw(st.sampled_from([nibabel.Nifti1Image, nibabel.Nifti2Image]))
    affine = draw(st.sampled_from([np.eye(4), np.diag([-1.0, -1, 1, 1]), np.diag([0.5, 2, 3, 1]), SHEARED]))
    labels = LABELS.T.astype(kind)
    header = version.header_class(endianness=draw(st.sampled_from("<>")))
    header.set_data_dtype(np.dtype(kind))
    image = version(labels[..., np.newaxis] if draw(st.booleans()) else labels, affine, header)
    if draw(st.booleans()):
        image.header.set_slope_inter(draw(st.sampled_from([1.0, 2.0, 0.5])), draw(st.sampled_from([0.0, 1.0])))
    content = image.to_bytes()
    packing = draw(st.sampled_from([".nii", "one", "two", "zeros"]))
    if packing == ".nii":
        return ".nii", content
    half = len(content) // 2
    parts = [content[:half], content[half:]] if packing == "two" else [content]
    return ".nii.gz", b"".join(map(gzip.compress, parts)) + (bytes(20) if packing == "zeros" else b"")


@fuzz
@given(file=nifti_images())
def test_what_nibabel_reads_we_read(tmp_path, file):
    ending, content = file
    path = tmp_path / f"x{ending}"
    for other in tmp_path.iterdir():  # of another example
        other.unlink()
    path.write_bytes(content)
    image = nibabel.load(path)
    expected = np.asanyarray(image.dataobj).reshape(image.shape[:3]).T
    if not np.array_equal(expected, np.rint(expected)):
        with pytest.raises(InputError, match="labels are integers"):
            read_label_map(path)
        return
    labels, geometry = read_label_map(path)
    assert np.array_equal(labels, expected)
    to_lps = np.diag([-1.0, -1, 1])
    matrix = to_lps @ image.affine[:3, :3]
    assert np.allclose(np.reshape(geometry.direction, (3, 3)) * geometry.spacing, matrix, atol=1e-5)
    assert np.allclose(geometry.origin, to_lps @ image.affine[:3, 3], atol=1e-5)
    assert read_geometry(path) == geometry


def test_voxels_are_never_those_of_the_file_beside(tmp_path):
    """Where x.nii lies beside x.nii.gz, ITK takes the voxels of both from the first."""
    save(tmp_path / "x.nii", LABELS)
    other = sitk.GetImageFromArray((LABELS > 0).astype(np.float32))
    sitk.WriteImage(other, str(tmp_path / "y.nii"))
    content = bytearray((tmp_path / "y.nii").read_bytes())
    struct.pack_into("<f", content, 112, 2.0)  # scaled, which is left to ITK
    (tmp_path / "x.nii.gz").write_bytes(gzip.compress(content))
    with pytest.raises(InputError, match=r"lies beside x\.nii, from which ITK would read"):
        read_label_map(tmp_path / "x.nii.gz")


@pytest.mark.parametrize("image", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_a_sheared_grid_is_written_as_it_was(tmp_path, image):
    nibabel.save(image(LABELS.T, SHEARED), tmp_path / "a.nii.gz")
    assert needs_nibabel(tmp_path / "a.nii.gz")
    labels, geometry = read_label_map(tmp_path / "a.nii.gz")
    write_label_map(labels, geometry, tmp_path / "b.nii.gz")
    written = nibabel.load(tmp_path / "b.nii.gz")
    assert np.allclose(written.affine, SHEARED, atol=1e-6)
    assert np.array_equal(np.asanyarray(written.dataobj), LABELS.T)
    other = SHEARED.copy()
    other[0, 1] = 0.4
    nibabel.save(nibabel.Nifti1Image(LABELS.T, other), tmp_path / "c.nii.gz")
    assert geometry.difference(read_geometry(tmp_path / "c.nii.gz")) is not None


def test_nnunet_reads_what_itk_refuses_alike(tmp_path):
    from nnunetv2.imageio.nibabel_reader_writer import NibabelIO

    nibabel.save(nibabel.Nifti1Image(LABELS.T, SHEARED), tmp_path / "a.nii.gz")
    seg, properties = NibabelIO().read_seg(str(tmp_path / "a.nii.gz"))
    labels, geometry = read_label_map(tmp_path / "a.nii.gz")
    assert np.array_equal(seg[0], labels)
    assert properties["spacing"] == pytest.approx(geometry.spacing[::-1])


def test_bytes_after_a_gzip_file_and_files_that_are_not_packed(tmp_path):
    path = save(tmp_path / "a.nii", LABELS)
    for name, content in (("b", gzip.compress(path.read_bytes()) + b"more"), ("c", path.read_bytes())):
        (tmp_path / f"{name}.nii.gz").write_bytes(content)
        assert np.array_equal(read_label_map(tmp_path / f"{name}.nii.gz")[0], LABELS)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        (b"/annex/objects/MD5E-s1--0.nii.gz\n", "git annex get"),
    ],
)
def test_what_is_no_image_is_told(tmp_path, content, reason):
    (tmp_path / "a.nii.gz").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_label_map(tmp_path / "a.nii.gz")


def test_itks_reason_is_passed_on(tmp_path):
    path = save(tmp_path / "a.nii", LABELS)
    content = bytearray(path.read_bytes())
    struct.pack_into("<h", content, 70, 1234)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is not recognized as a NIFTI file; nibabel: data code 1234"):
        read_label_map(path)


PICTURE = np.zeros((40, 50), np.uint8)
PICTURE[10:30, 10:30] = 1
PICTURE[15:20, 15:20] = 2
PALETTE = Image.fromarray(PICTURE)
PALETTE.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0])
MODES = {
    "1": Image.fromarray(PICTURE > 0),
    "L": Image.fromarray(PICTURE),
    "I;16": Image.fromarray(PICTURE.astype(np.uint16)),
    "P": PALETTE,
    "LA": Image.merge("LA", (Image.fromarray(PICTURE),) * 2),
    "RGB": Image.merge("RGB", (Image.fromarray(PICTURE),) * 3),
    "RGBA": Image.merge("RGBA", (Image.fromarray(PICTURE),) * 4),
}
PICTURES = (".png", ".bmp", ".tif", ".tiff", ".PNG")
NOT_WRITTEN = {("I;16", ".bmp"), ("LA", ".bmp")}
"""Modes that bmp does not have."""


@pytest.mark.parametrize(
    ("mode", "ending"),
    [(mode, ending) for mode in MODES for ending in PICTURES if (mode, ending) not in NOT_WRITTEN],
)
def test_pictures_are_read_as_nnunet_reads_them(tmp_path, mode, ending):
    """A picture of one channel gives nnU-Net's values, any other is refused, whatever nnU-Net makes of it."""
    from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO

    path = tmp_path / f"a{ending}"
    MODES[mode].save(path)
    try:
        theirs = NaturalImage2DIO().read_seg(str(path))[0]
    except (AssertionError, RuntimeError, ValueError):
        theirs = None
    if theirs is None or len(theirs) != 1:
        with pytest.raises(InputError, match=r"channels|transparency|shape"):
            read_label_map(path)
    else:
        assert np.array_equal(read_label_map(path)[0], theirs[0, 0])
        assert set(np.unique(theirs)) <= {0, 1, 2}


def test_labels_compressed_with_loss_are_refused(tmp_path):
    Image.fromarray(PICTURE).save(tmp_path / "a.tif", compression="jpeg")
    with pytest.raises(InputError, match="JPEG, may change labels"):
        read_label_map(tmp_path / "a.tif")
    Image.fromarray(PICTURE).save(tmp_path / "b.tif", compression="tiff_lzw")
    assert np.array_equal(read_label_map(tmp_path / "b.tif")[0], PICTURE)


def test_a_tif_of_many_pictures_is_refused_at_once(tmp_path):
    """Each page says that it is a picture, so that the first would be all."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for _ in range(2000):
            file.write(PICTURE, contiguous=False)
    began = time.process_time()
    with pytest.raises(InputError, match="2000 pictures, and nnU-Net reads only the first; save them as one volume"):
        read_label_map(tmp_path / "a.tif")
    assert time.process_time() - began < 0.5  # grouping them takes 1.5 s, and a hundred times as long for 20,000


def test_a_volume_in_pages_is_a_volume(tmp_path):
    for name, metadata in (("a", None), ("b", {})):
        with tifffile.TiffWriter(tmp_path / f"{name}.tif") as file:
            for page in LABELS if metadata is None else [LABELS]:
                file.write(page, compression="zlib", photometric="minisblack", contiguous=False, metadata=metadata)
        assert np.array_equal(read_label_map(tmp_path / f"{name}.tif")[0], LABELS)


def test_three_dimensional_tifs_are_read_as_nnunet_reads_them(tmp_path):
    from nnunetv2.imageio.tif_reader_writer import Tiff3DIO

    tifffile.imwrite(tmp_path / "a.tif", LABELS)
    (tmp_path / "a.json").write_text('{"spacing": [4.0, 1.5, 1.5]}')
    theirs, properties = Tiff3DIO().read_seg(str(tmp_path / "a.tif"))
    labels, geometry = read_label_map(tmp_path / "a.tif")
    assert np.array_equal(labels, theirs[0])
    assert list(geometry.spacing[::-1]) == properties["spacing"]


def test_a_4d_label_map_of_one_volume_is_that_volume(tmp_path):
    for ending in (".nii.gz", ".nrrd"):
        image = sitk.JoinSeries([sitk.GetImageFromArray(LABELS)])
        sitk.WriteImage(image, str(tmp_path / f"a{ending}"))
        labels, geometry = read_label_map(tmp_path / f"a{ending}")
        assert np.array_equal(labels, LABELS)
        assert len(geometry.size) == 3


def test_a_fourth_axis_of_length_one(tmp_path):
    """ITK leaves it out of NIfTI files only."""
    sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(LABELS)]), str(tmp_path / "a_0000.nrrd"))
    with pytest.raises(InputError, match=r"a fourth axis, of length 1, .*; drop that axis"):
        read_image_header(tmp_path / "a_0000.nrrd")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5, 6, 2), "has 2 volumes .it is 4D., a label map has one; write one volume"),
        ((4, 5, 6, 1, 3), "drop or split the others|save it with one"),
    ],
)
def test_axes_that_are_too_many(tmp_path, shape, message):
    nibabel.save(nibabel.Nifti1Image(np.zeros(shape, np.uint8), np.eye(4)), tmp_path / "a.nii.gz")
    with pytest.raises(InputError, match=message):
        read_label_map(tmp_path / "a.nii.gz")


def test_a_spacing_of_0_is_refused_where_it_matters(tmp_path, valid):
    for name, axis in (("a", 80), ("b", 88)):
        content = bytearray(valid[".nii"])
        struct.pack_into("<f", content, axis, 0.0)
        (tmp_path / f"{name}.nii").write_bytes(content)
        with pytest.raises(
            InputError, match=f"0 as the spacing along {'x' if axis == 80 else 'z'}; correct the header"
        ):
            read_label_map(tmp_path / f"{name}.nii")
    write_label_map(LABELS[:1], Geometry.axis_aligned((8, 9, 1)), tmp_path / "slice.nii")
    content = bytearray((tmp_path / "slice.nii").read_bytes())
    struct.pack_into("<f", content, 88, 0.0)
    (tmp_path / "slice.nii").write_bytes(content)
    assert np.array_equal(read_label_map(tmp_path / "slice.nii")[0], LABELS[:1])


@pytest.mark.parametrize("offset", [352.0, float("nan")])
def test_no_memory_is_taken_for_voxels_that_are_not_there(tmp_path, valid, offset):
    content = bytearray(valid[".nii"])
    struct.pack_into("<hh", content, 42, 32767, 32767)
    struct.pack_into("<f", content, 108, offset)
    (tmp_path / "x.nii").write_bytes(content)
    with pytest.raises(InputError, match=r"cut off|cannot be read"):
        read_label_map(tmp_path / "x.nii")


@pytest.mark.parametrize("image", [nibabel.Nifti1Image, nibabel.Nifti2Image])
def test_what_is_packed_behind_the_voxels_takes_no_memory(tmp_path, image):
    content = image(LABELS.T, np.eye(4)).to_bytes() + bytes(1 << 26)
    (tmp_path / "x.nii.gz").write_bytes(gzip.compress(content))
    tracemalloc.start()
    try:
        labels, _ = read_label_map(tmp_path / "x.nii.gz")
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()
    assert np.array_equal(labels, LABELS)


def test_the_beginning_of_a_gzip_file_in_the_voxels_is_no_second_member():
    """Voxels of noise hold these three bytes by chance, and the slower way takes twice as long."""
    voxels = np.full((3, 9, 8), 0x1F, np.uint8)
    voxels.reshape(-1)[50:53] = 0x1F, 0x8B, 0x08
    content, buffer = nibabel.Nifti1Image(voxels.T, np.eye(4)).to_bytes(), Buffer()
    packed = gzip.compress(content, compresslevel=0)
    assert packed.find(b"\x1f\x8b\x08", 1) > 0
    unpacked = unpack(packed, buffer)
    assert unpacked.tobytes() == content
    assert np.shares_memory(unpacked, buffer.take(len(content)))


def test_a_packed_file_without_its_ending_is_told_so(tmp_path, valid):
    (tmp_path / "x.nii").write_bytes(valid[".nii.gz"])
    with pytest.raises(InputError, match=r"packed by gzip; add \.gz to its name"):
        read_label_map(tmp_path / "x.nii")
