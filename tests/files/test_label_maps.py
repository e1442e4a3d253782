import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.buffer import Buffer
from nnunet_deepstaple.files.endings import ending_of, split_ending
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_geometry
from nnunet_deepstaple.files.label_maps import as_labels, read_label_map, write_label_map

from ..label_map_files import SPACING, label_values, save
from ..machine import GIVE_UP_ROOT, takes_rights_away

MEDICAL = [".nii.gz", ".nii", ".nrrd", ".mha", ".gipl"]
GEOMETRY = Geometry((12, 10, 8), SPACING, (3.0, -4.0, 5.0), (0, 1, 0, -1, 0, 0, 0, 0, 1))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def noisy_labels(top=256, dtype=np.uint8):
    """Labels that do not compress, so that a cut-off file lacks some of them."""
    return np.random.default_rng(0).integers(0, top, (8, 10, 12)).astype(dtype)


def types_of(ending):
    """Types that a file of this ending can have; ITK writes GIPL only in the first four."""
    small = [np.uint8, np.int8, np.uint16, np.int16]
    return small if ending == ".gipl" else [*small, np.uint32, np.int32, np.float32, np.float64]


@pytest.mark.parametrize("name", ["a.nii.gz", "a.nii", "a.b.mha", "a__b.nrrd", "a.png", "A.NII.GZ", "a.tiff"])
def test_split_ending(name):
    stem, ending = split_ending(name)
    assert stem + ending == name
    assert stem.lower() in ("a", "a.b", "a__b")


@pytest.mark.parametrize("name", [".nii.gz", ".hidden.nii.gz", "a.json", "a.npz", "a.csv", "nii.gz"])
def test_other_files_are_no_label_maps(name):
    assert split_ending(name) is None


@pytest.mark.parametrize(("ending", "dtype"), [(ending, dtype) for ending in MEDICAL for dtype in types_of(ending)])
def test_every_type_is_read(tmp_path, ending, dtype):
    labels = label_values((1, 2, 5))
    found, geometry = read_label_map(save(tmp_path / f"a{ending}", labels.astype(dtype)))
    assert np.array_equal(found, labels)
    assert found.dtype in (np.uint8, np.uint16)
    assert geometry.spacing == pytest.approx(SPACING)
    assert read_geometry(tmp_path / f"a{ending}") == geometry


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_eight_byte_integers(tmp_path, dtype):
    labels = label_values((1, 2, 5))
    assert np.array_equal(read_label_map(save(tmp_path / "a.nii.gz", labels.astype(dtype)))[0], labels)


@pytest.mark.parametrize("ending", MEDICAL)
def test_one_buffer_for_many_files(tmp_path, ending):
    buffer = Buffer()
    small, large = label_values((1,), size=(3, 8, 9)), noisy_labels()
    for name, labels in (("a", small), ("b", large), ("c", small)):
        assert np.array_equal(read_label_map(save(tmp_path / f"{name}{ending}", labels), buffer)[0], labels)


def test_header_scaling_is_applied(tmp_path):
    """Slope 2 in the NIfTI header: stored 1 means 2."""
    path = save(tmp_path / "a.nii", label_values((1,)))
    content = bytearray(path.read_bytes())
    content[112:116] = np.float32(2).tobytes()
    path.write_bytes(content)
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(content))
    assert set(np.unique(read_label_map(path)[0])) == {0, 2}
    assert set(np.unique(read_label_map(tmp_path / "b.nii.gz")[0])) == {0, 2}


def test_gzip_of_several_members(tmp_path):
    labels = noisy_labels()
    content = save(tmp_path / "a.nii", labels).read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(content[:500]) + gzip.compress(content[500:]))
    assert np.array_equal(read_label_map(tmp_path / "b.nii.gz")[0], labels)


def test_big_endian_nifti(tmp_path):
    nibabel = pytest.importorskip("nibabel")
    labels = noisy_labels(1000, np.uint16)
    header = nibabel.Nifti1Header(endianness=">")
    header.set_data_dtype(np.dtype(">u2"))
    image = nibabel.Nifti1Image(labels.T.astype(">u2"), np.eye(4), header)
    nibabel.save(image, tmp_path / "a.nii.gz")
    assert np.array_equal(read_label_map(tmp_path / "a.nii.gz")[0], labels)


@pytest.mark.parametrize("ending", MEDICAL)
@pytest.mark.parametrize("labels", [label_values(), noisy_labels(), noisy_labels(60000, np.uint16)])
def test_written_and_read(tmp_path, ending, labels):
    geometry = GEOMETRY if ending != ".gipl" else Geometry.axis_aligned((12, 10, 8), SPACING)
    write_label_map(labels, geometry, tmp_path / f"a{ending}")
    found, found_geometry = read_label_map(tmp_path / f"a{ending}")
    assert np.array_equal(found, labels)
    assert found.dtype == labels.dtype
    assert geometry.difference(found_geometry) is None
    assert names(tmp_path) == [f"a{ending}"]


def test_the_smallest_type_that_fits(tmp_path):
    write_label_map(np.array([[0, 255]], np.uint16), Geometry.axis_aligned((2, 1)), tmp_path / "a.nii.gz")
    assert sitk.ReadImage(tmp_path / "a.nii.gz").GetPixelID() == sitk.sitkUInt8
    write_label_map(np.array([[0, 256]], np.uint16), Geometry.axis_aligned((2, 1)), tmp_path / "a.nii.gz")
    assert sitk.ReadImage(tmp_path / "a.nii.gz").GetPixelID() == sitk.sitkUInt16


def test_writing_twice_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_label_map(label_values(), GEOMETRY, tmp_path / f"{name}.nii.gz")
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tif", ".tiff"])
def test_pictures(tmp_path, ending):
    labels = label_values((1, 2, 255))[:, :, 3]
    geometry = Geometry.axis_aligned(labels.shape[::-1])
    write_label_map(labels, geometry, tmp_path / f"a{ending}")
    found, found_geometry = read_label_map(tmp_path / f"a{ending}")
    assert np.array_equal(found, labels)
    assert found_geometry == geometry == read_geometry(tmp_path / f"a{ending}")
    from skimage import io

    assert io.imread(tmp_path / f"a{ending}").dtype == np.uint8


@pytest.mark.parametrize("ending", [".png", ".tif"])
def test_pictures_of_many_labels(tmp_path, ending):
    labels = noisy_labels(65536, np.uint16)[0]
    write_label_map(labels, Geometry.axis_aligned(labels.shape[::-1]), tmp_path / f"a{ending}")
    assert np.array_equal(read_label_map(tmp_path / f"a{ending}")[0], labels)


def test_3d_tif_with_spacing(tmp_path):
    labels = label_values()
    write_label_map(labels, Geometry.axis_aligned((12, 10, 8), SPACING), tmp_path / "a.tif")
    found, geometry = read_label_map(tmp_path / "a.tif")
    assert np.array_equal(found, labels)
    assert geometry.spacing == SPACING
    assert names(tmp_path) == ["a.json", "a.tif"]


def test_labels_too_large_for_the_format(tmp_path):
    with pytest.raises(InputError, match=r"a\.bmp"):
        write_label_map(np.array([[0, 300]], np.uint16), Geometry.axis_aligned((2, 1)), tmp_path / "a.bmp")
    assert names(tmp_path) == []


def refused(path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_label_map(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "NaN"),
        (0.5, "value 0.5"),
        (0.999, "value 0.999"),
        (-1.0, "from -1 to 2"),
        (70000.0, "to 70000"),
        (np.inf, "inf"),
    ],
)
def test_values_that_are_no_labels(tmp_path, value, message):
    values = label_values().astype(np.float32)
    values[4, 5, 6] = value
    for ending in (".nii.gz", ".nrrd"):
        refused(save(tmp_path / f"a{ending}", values), message)


def test_negative_integers(tmp_path):
    values = label_values().astype(np.int16)
    values[0, 0, 0] = -1
    refused(save(tmp_path / "a.nii.gz", values), "from -1 to 2")


@pytest.mark.parametrize("ending", MEDICAL)
def test_cut_off(tmp_path, ending):
    path = save(tmp_path / f"a{ending}", noisy_labels())
    content = path.read_bytes()
    for length in (len(content) - 1, len(content) * 2 // 3, 400, 200, 5, 0):
        path.write_bytes(content[:length])
        refused(path, "cut off|cannot be read")


def test_a_damaged_byte_in_gzip(tmp_path):
    path = save(tmp_path / "a.nii.gz", noisy_labels())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    refused(path, "cannot be read")


@pytest.mark.parametrize("ending", [*MEDICAL, ".png", ".bmp", ".tif"])
def test_a_text_file(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    path.write_text("this is no image\n" * 50)
    refused(path, "cannot be read")


@pytest.mark.parametrize("ending", [".nii.gz", ".png"])
def test_a_missing_file(tmp_path, ending):
    refused(tmp_path / f"a{ending}", "is missing")


def test_four_dimensions_and_vectors(tmp_path):
    image = sitk.JoinSeries([sitk.GetImageFromArray(label_values())] * 2)
    sitk.WriteImage(image, str(tmp_path / "a.nii.gz"))
    refused(tmp_path / "a.nii.gz", "2 volumes")
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((3, 4, 5, 2), np.uint8), isVector=True), str(tmp_path / "b.nrrd"))
    refused(tmp_path / "b.nrrd", "2 values in each voxel")


def test_colour_pictures(tmp_path):
    from skimage import io

    io.imsave(tmp_path / "a.png", np.zeros((4, 5, 3), np.uint8), check_contrast=False)
    refused(tmp_path / "a.png", "3 colour channels")


@takes_rights_away
def test_no_permission(tmp_path):
    """Read in a process without root's right to read everything."""
    path = save(tmp_path / "a.nii.gz", label_values())
    path.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    script = (
        "import os, sys, pathlib, SimpleITK\n"  # while its folder may be read
        "from nnunet_deepstaple.files.label_maps import read_label_map\n"
        "from nnunet_deepstaple.errors import InputError\n"
        f"{GIVE_UP_ROOT}\n"
        "try: read_label_map(pathlib.Path(sys.argv[1]))\n"
        "except InputError as error: print(error)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", script, path], check=True, capture_output=True, encoding="utf-8"
    ).stdout
    assert output.strip() == f"{path} may not be read by you; change its permissions"


def test_into_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_label_map(label_values(), GEOMETRY, tmp_path / "none" / "a.nii.gz")


def test_as_labels_keeps_what_needs_no_copy(tmp_path):
    for dtype in (np.uint8, np.uint16, np.int16):
        values = label_values().astype(dtype)
        assert np.shares_memory(as_labels(values, tmp_path), values)


def test_ending_of_temporary_files():
    assert ending_of(Path(".123.tmp.a.b.nii.gz")) == ".nii.gz"
    assert ending_of(Path("a.NRRD")) == ".NRRD"


@pytest.mark.parametrize("value", [0.7, -1, 70000])
def test_what_to_do_with_values_that_are_no_labels(tmp_path, value):
    values = np.zeros((3, 4, 5), np.float32)
    values[1] = value
    with pytest.raises(
        InputError, match="round, threshold or renumber it, or take the file away if it is no label map"
    ):
        as_labels(values, tmp_path / "a.nii.gz")


def test_what_to_do_with_nan(tmp_path):
    with pytest.raises(InputError, match=r"holds NaN .no number.; labels are integers: write 0, the background"):
        as_labels(np.full((2, 3), np.nan, np.float32), tmp_path / "a.nii.gz")
