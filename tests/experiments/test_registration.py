import stat
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError, RunError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts import register_convexadam, register_deeds
from scripts.registration import on_one_grid, pairs_of, register_pairs, unfinished, warp, write_candidate

PROGRAM = """#!/usr/bin/env python3
# Reads and writes what the README of deedsBCV says of {name}.
import shutil, sys
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
with open({calls!r}, "a") as calls:
    print("{name}", *sorted(options), file=calls)
if "{name}" == "linearBCV":
    with open(options["-O"] + "_matrix.txt", "w") as matrix:
        matrix.write("1  0  0  0\\n0  1  0  0\\n0  0  1  0\\n0  0  0  1\\n")
else:
    assert open(options["-A"]).read().count("\\n") == 4
    shutil.copy(options["-S"], options["-O"] + "_deformed_seg.nii.gz")
    shutil.copy(options["-M"], options["-O"] + "_deformed.nii.gz")
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two images, and three atlases of another size and place whose labels lie in their centre."""
    for folder in ("images", "atlases/images", "atlases/labels", "bin"):
        (tmp_path / folder).mkdir(parents=True)
    random = np.random.default_rng(0)
    for image in ("a", "b"):
        grid = Geometry.axis_aligned((12, 10, 8))
        write_image(random.random((8, 10, 12), np.float32), grid, tmp_path / f"images/{image}_0000.nii.gz")
    for atlas in ("u", "v", "w"):
        grid = Geometry((14, 12, 10), (1.0,) * 3, (40.0, 7.0, -3.0), Geometry.axis_aligned((1, 1, 1)).direction)
        labels = np.zeros((10, 12, 14), np.uint8)
        labels[4:6, 5:7, 6:8] = 2
        write_image(random.random(labels.shape, np.float32), grid, tmp_path / f"atlases/images/{atlas}_0000.nii.gz")
        write_label_map(labels, grid, tmp_path / f"atlases/labels/{atlas}.nii.gz")
    for name in (register_deeds.LINEAR, register_deeds.DEFORMABLE):
        program = tmp_path / "bin" / name
        program.write_text(PROGRAM.format(name=name, calls=str(tmp_path / "calls")))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def test_the_same_seed_draws_the_same_atlases(data):
    draws = [pairs_of(data / "images", data / "atlases", 2, seed=5) for _ in range(2)]
    assert draws[0] == draws[1]
    assert [pair.image for pair in draws[0]] == ["a", "a", "b", "b"]
    assert len(pairs_of(data / "images", data / "atlases", 0, seed=5)) == 6


def test_more_atlases_than_there_are_is_an_input_error(data):
    with pytest.raises(InputError, match="has 3 atlases, not 4"):
        pairs_of(data / "images", data / "atlases", 4, seed=0)


def test_convexadam_warps_labels_laid_centre_on_centre(data):
    (pair, *_) = pairs_of(data / "images", data / "atlases", 1, seed=0)

    def one_voxel_in_x(fixed, moving):
        assert fixed.shape == moving.shape == (8, 10, 12)
        displacement = np.zeros((*fixed.shape, 3))
        displacement[..., 2] = 1
        return displacement

    warped = register_convexadam.register_pair(pair, one_voxel_in_x)
    expected = np.zeros((8, 10, 12), np.uint8)
    expected[3:5, 4:6, 4:6] = 2
    assert np.array_equal(warped.labels, expected)
    moving = sitk.GetArrayFromImage(on_one_grid(pair)[1])
    assert np.array_equal(warped.image[..., :-1], moving[..., 1:])
    write_candidate(pair, warped, data)
    assert np.array_equal(read_label_map(pair.output(data))[0], expected)
    assert pair.output(data).name == f"{pair.image}__{pair.atlas}.nii.gz"
    assert list(unfinished([pair], [data])) == []
    assert list(unfinished([pair], [data, data / "warped"])) == [pair]


def test_warped_images_lie_beside_the_labels(data):
    out, warped = data / "candidates", data / "warped"
    given = Namespace(i=data / "images", a=data / "atlases", o=out, warped=warped, k=2, seed=0)
    still = np.zeros((8, 10, 12, 3))
    register_pairs(given, lambda pair: register_convexadam.register_pair(pair, lambda *_: still))
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 4
    assert sorted(path.name for path in warped.iterdir()) == names
    assert Geometry.of(sitk.ReadImage(str(warped / names[0]))).size == (12, 10, 8)


def test_labels_from_outside_are_background():
    displacement = np.full((2, 2, 2, 3), 9.0)
    assert warp(np.ones((2, 2, 2), np.uint8), displacement).tolist() == np.zeros((2, 2, 2)).tolist()


def test_deeds_is_called_as_documented_and_its_labels_are_read(data):
    deeds = register_deeds.Deeds(data / "bin", ["-L", "6x5x4x3x2"])
    deeds.check()
    (pair, *_) = pairs_of(data / "images", data / "atlases", 1, seed=0)
    warped = register_deeds.register_pair(pair, deeds)
    assert (data / "calls").read_text(encoding="utf-8").splitlines() == [
        "linearBCV -F -M -O",
        "deedsBCV -A -F -L -M -O -S",
    ]
    assert warped.fixed.GetSize() == (12, 10, 8)
    assert warped.labels[3:5, 4:6, 5:7].tolist() == np.full((2, 2, 2), 2).tolist()
    assert warped.labels.sum() == 16
    assert warped.image.shape == warped.labels.shape


def test_a_program_that_is_missing_or_fails_is_named(data):
    with pytest.raises(InputError, match="linearBCV is no program"):
        register_deeds.Deeds(data).check()
    failing = data / "bin" / register_deeds.LINEAR
    failing.write_text("#!/bin/sh\necho Inconsistent image sizes\nexit 255\n")
    (pair, *_) = pairs_of(data / "images", data / "atlases", 1, seed=0)
    with pytest.raises(RunError, match=r"status 255 and no affine_matrix\.txt; it said: Inconsistent image sizes"):
        register_deeds.register_pair(pair, register_deeds.Deeds(data / "bin"))
