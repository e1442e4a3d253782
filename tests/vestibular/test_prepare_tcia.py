import shutil

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_image, write_image
from nnunet_deepstaple.files.label_maps import read_label_map
from scripts.prepare_tcia import main

from .commands import run_command
from .drawn import COCHLEA_AXES, TUMOUR, TUMOUR_AXES, write_contours

GRID = Geometry((70, 50, 30), (0.8, 0.8, 1.5), (0, -45, -55), (1, 0, 0, 0, 1, 0, 0, 0, 1))
VOLUMES = [4 / 3 * np.pi * np.prod(axes) for axes in (TUMOUR_AXES, COCHLEA_AXES)]


@pytest.fixture
def contours(tmp_path):
    write_contours(tmp_path / "contours/sub-001_T1w.json.gz")
    write_contours(tmp_path / "contours/sub-001_T2w.json.gz", shift=(1, 0, 0))
    return tmp_path / "contours"


def write_series(folder, values):
    """Write a DICOM series of GRID."""
    folder.mkdir(parents=True)
    for number, plane in enumerate(values):
        image = sitk.GetImageFromArray(plane[np.newaxis])
        image.SetSpacing(GRID.spacing)
        position = (*GRID.origin[:2], GRID.origin[2] + number * GRID.spacing[2])
        for tag, value in {
            "0008|0016": "1.2.840.10008.5.1.4.1.1.4",
            "0008|0060": "MR",
            "0020|000d": "1.2.3",
            "0020|000e": "1.2.3.4",
            "0020|0013": str(number + 1),
            "0020|0032": "\\".join(map(str, position)),
            "0020|0037": "1\\0\\0\\0\\1\\0",
            "0018|0050": str(GRID.spacing[2]),
        }.items():
            image.SetMetaData(tag, value)
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(folder / f"{number:03d}.dcm"))
        writer.Execute(image)


def check_volumes(labels, grid):
    for value, volume in enumerate(VOLUMES, 1):
        assert (labels == value).sum() * grid.voxel_volume == pytest.approx(volume, rel=0.12)


def test_without_an_image_on_a_stated_grid(contours, tmp_path):
    assert run_command(main, "-i", contours, "-o", tmp_path / "out", "-spacing", 0.5, 0.5, 1.5, "-margin", 10) == 0
    labels, grid = read_label_map(tmp_path / "out/labels/sub-001.nii.gz")
    assert grid.spacing == (0.5, 0.5, 1.5)
    check_volumes(labels, grid)
    place = np.argwhere(labels == 1).mean(axis=0)[::-1] * grid.spacing + grid.origin
    np.testing.assert_allclose(place, TUMOUR, atol=0.4)


def test_on_the_grid_of_an_image_carried_from_t1_to_t2(contours, tmp_path):
    (tmp_path / "images").mkdir()
    write_image(np.zeros(GRID.size[::-1], np.int16), GRID, tmp_path / "images/sub-001_0000.nii.gz")
    shift = sitk.AffineTransform(3)
    shift.SetTranslation((-1, 0, 0))  # from T2 to T1
    sitk.WriteTransform(shift, str(contours / "sub-001_inv_T1_LPS_to_T2_LPS.tfm"))
    images = ("-images", tmp_path / "images")
    assert run_command(main, "-i", contours, "-o", tmp_path / "carried", "-transforms", contours, *images) == 0
    assert run_command(main, "-i", contours, "-o", tmp_path / "drawn", "-modality", "T2", *images) == 0
    carried, drawn = (read_label_map(tmp_path / f"{one}/labels/sub-001.nii.gz") for one in ("carried", "drawn"))
    assert GRID.difference(carried[1], 1e-5) is None
    check_volumes(*carried)
    assert (carried[0] == drawn[0]).mean() > 0.9999


def test_the_release_with_its_dicom_series(contours, tmp_path):
    values = np.random.default_rng(0).integers(0, 500, GRID.size[::-1], np.int16)
    write_series(tmp_path / "release/vs_gk_1_t1", values)
    import gzip

    contents = gzip.decompress((contours / "sub-001_T1w.json.gz").read_bytes())
    (tmp_path / "release/vs_gk_1_t1/contours.json").write_bytes(contents)
    release = tmp_path / "release"
    assert run_command(main, "-i", release, "-o", tmp_path / "out", "-dicom", release) == 0
    image, grid = read_image(tmp_path / "out/images/vs_gk_1_0000.nii.gz")
    np.testing.assert_array_equal(image, values)
    assert GRID.difference(grid, 1e-4) is None
    labels, grid = read_label_map(tmp_path / "out/labels/vs_gk_1.nii.gz")
    check_volumes(labels, grid)


def other_patient(contours):
    path = contours / "sub-001_inv_T1_LPS_to_T2_LPS.tfm"
    sitk.WriteTransform(sitk.AffineTransform(3), str(path))
    with path.open("a") as file:
        file.write("#PatientID: sub-002\n")


WRONG = {
    "no contours": (shutil.rmtree, ("-spacing", 1, 1, 1), "is not a folder"),
    "contours of nothing": (
        lambda folder: [path.unlink() for path in folder.iterdir()],
        ("-spacing", 1, 1, 1),
        "neither",
    ),
    "no image": (lambda _: None, ("-images", "contours"), "has no image sub-001_0000"),
    "no series": (lambda _: None, ("-dicom", "contours"), "holds 0 DICOM image series"),
    "no transform": (lambda _: None, ("-spacing", 1, 1, 1, "-transforms", "contours"), "has no transform"),
    "a transform that does not belong": (
        other_patient,
        ("-spacing", 1, 1, 1, "-transforms", "contours"),
        "is the transform of patient sub-002, the contours are of sub-001",
    ),
    "contours off the planes": (
        lambda folder: (folder / "sub-002_T1w.json").write_text(
            '[{"PatientID": "a", "structure_name": "TV", "LPS_contour_points": [[[0,0,0],[1,0,0],[0,1,3]]]}]'
        ),
        ("-spacing", 1, 1, 1),
        "sub-002_T1w.json: structure 'TV' has a contour off the planes, 3.00 mm in z",
    ),
    "a spacing of nothing": (lambda _: None, ("-spacing", 1, 0, 1), "give numbers above 0"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_line_and_writes_nothing(contours, tmp_path, capsys, name):
    spoil, options, message = WRONG[name]
    spoil(contours)
    options = [contours if one == "contours" else one for one in options]
    assert run_command(main, "-i", contours, "-o", tmp_path / "out", *options) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
