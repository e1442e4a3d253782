import json
import shutil

import numpy as np
import pytest

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from scripts.prepare_crossmoda import main

from .commands import run_command


@pytest.fixture(scope="module")
def prepared(challenge, tmp_path_factory):
    """The small challenge prepared, sides known."""
    folder = tmp_path_factory.mktemp("prepared") / "out"
    given = ("-oracle", challenge / "target_labels", "-sides", challenge / "sides.csv", "-votes", 3)
    assert run_command(main, "-i", challenge, "-o", folder, *given) == 0
    return folder


def sides(challenge) -> dict[str, str]:
    return dict(line.split(",") for line in (challenge / "sides.csv").read_text(encoding="utf-8").split()[1:])


def dice(one, other) -> float:
    return 2 * np.sum(one & other) / (one.sum() + other.sum())


def test_crops_lie_in_the_layout_of_the_experiments(challenge, prepared):
    crops = [f"{case}_{side}" for case, side in sides(challenge).items()]
    targets, tests = sorted(crops)[:2], sorted(crops)[2:]
    assert sorted(path.name for path in (prepared / "images").iterdir()) == [f"{one}_0000.nii.gz" for one in targets]
    assert sorted(path.name for path in (prepared / "oracle").iterdir()) == [f"{one}.nii.gz" for one in targets]
    assert [path.name for path in (prepared / "test/images").iterdir()] == [f"{one}_0000.nii.gz" for one in tests]
    assert [path.name for path in (prepared / "test/labels").iterdir()] == [f"{one}.nii.gz" for one in tests]
    assert len(list((prepared / "atlases/images").iterdir())) == len(list((prepared / "atlases/labels").iterdir())) == 3
    for path in prepared.glob("**/*.nii.gz"):
        values, grid = read_image(path)
        assert grid.size == (128, 128, 128)
        assert grid.spacing == (0.5, 0.5, 0.5)
        if path.parent.name in ("oracle", "labels"):
            assert np.unique(values).tolist() == [0, 1]


def test_every_tumour_is_on_the_left_and_in_the_middle(prepared):
    """The tumour of a head is nearer to its middle, so on the right of a cochlea on the left."""
    for path in prepared.glob("**/labels/*.nii.gz"):
        _, _, x = np.argwhere(read_label_map(path)[0]).mean(axis=0)
        assert 30 < x < 64


@pytest.fixture(scope="module")
def blind(challenge, tmp_path_factory):
    """The same prepared with no label of a target, and with no word of its side."""
    folder = tmp_path_factory.mktemp("blind") / "out"
    assert run_command(main, "-i", challenge, "-o", folder, "-votes", 3) == 0
    return folder


def test_targets_are_found_without_their_labels(challenge, prepared, blind):
    """No label of a target reaches the crops, and yet they hold the tumours."""
    assert not (blind / "oracle").exists()
    for path in (prepared / "images").iterdir():
        np.testing.assert_array_equal(read_image(path)[0], read_image(blind / "images" / path.name)[0])
        crop = path.name.removesuffix("_0000.nii.gz")
        record = json.loads((prepared / f"crops/{crop}.json").read_text(encoding="utf-8"))
        labels, grid = read_label_map(challenge / f"target_labels/{record['case']}_Label.nii.gz")
        kept = read_label_map(prepared / f"oracle/{crop}.nii.gz")[0].sum() * 0.5**3
        assert kept == pytest.approx((labels == 1).sum() * grid.voxel_volume, rel=0.1)
        assert len(record["votes"]) == 3


def test_both_sides_are_cut_where_none_is_named(blind):
    names = sorted(path.name for path in (blind / "images").iterdir())
    assert names == [f"crossmoda_{n}_{side}_0000.nii.gz" for n in (106, 107) for side in ("left", "right")]


def test_levels_and_slices_of_the_last_axis(challenge, prepared, tmp_path):
    given = ("-sides", challenge / "sides.csv", "-oracle", challenge / "target_labels", "-votes", 3)
    assert run_command(main, "-i", challenge, "-o", tmp_path, *given, "-levels", 62, 66, "--slices") == 0
    for path in (tmp_path / "images").iterdir():
        levels, whole = read_image(path), read_image(prepared / "images" / path.name)
        assert levels[1].size == (128, 128, 4)
        np.testing.assert_allclose(levels[0], whole[0][62:66], atol=0.01)
        for level in range(4):
            name = path.name.replace("_0000", f"s{level:03d}_0000")
            plane, grid = read_image(tmp_path / "slices/targets/images" / name)
            assert grid.size == (128, 128, 1)
            np.testing.assert_array_equal(plane[0], levels[0][level])
            labels = read_label_map(tmp_path / "slices/targets/labels" / name.replace("_0000", ""))[0]
            np.testing.assert_array_equal(
                labels[0], read_label_map(tmp_path / "oracle" / path.name.replace("_0000", ""))[0][level]
            )
    assert len(list((tmp_path / "slices/atlases/labels").iterdir())) == 3 * 4


def test_a_run_goes_on_where_it_was_broken_off(challenge, prepared, tmp_path):
    shutil.copytree(prepared, tmp_path / "out")
    (kept, lost), folder = sorted((tmp_path / "out/crops").iterdir()), tmp_path / "out/images"
    lost.unlink()
    written = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    given = ("-oracle", challenge / "target_labels", "-sides", challenge / "sides.csv", "-votes", 3)
    assert run_command(main, "-i", challenge, "-o", tmp_path / "out", *given) == 0
    again = {path.name for path in folder.iterdir() if path.stat().st_mtime_ns != written[path.name]}
    assert again == {f"{lost.stem}_0000.nii.gz"}
    assert kept.stem not in str(again)
    assert json.loads(lost.read_text(encoding="utf-8")) == json.loads(
        (prepared / "crops" / lost.name).read_text(encoding="utf-8")
    )


def test_with_other_levels_it_does_not_go_on(challenge, prepared, capsys):
    given = ("-sides", challenge / "sides.csv", "-votes", 3, "-levels", 10, 20)
    assert run_command(main, "-i", challenge, "-o", prepared, *given) == 2
    assert "this crop was cut before with size (128, 128, 128) instead of (128, 128, 10)" in capsys.readouterr().err


def test_what_was_cut_goes_back_to_the_scans_own_grid(challenge, prepared, tmp_path):
    assert run_command(main, "--restore", "-i", prepared / "oracle", "-o", tmp_path, "-prepared", prepared) == 0
    for path in tmp_path.iterdir():
        case = path.name.removesuffix(".nii.gz")
        restored, grid = read_label_map(path)
        labels, own = read_label_map(challenge / f"target_labels/{case}_Label.nii.gz")
        assert own.difference(grid, 1e-4) is None
        assert dice(restored == 1, labels == 1) > 0.9  # voxels of 2 mm


def test_both_sides_of_a_scan_meet_in_one_label_map(blind, tmp_path):
    crops = [path.stem for path in (blind / "crops").glob("crossmoda_106*")]
    (tmp_path / "fused").mkdir()
    for crop in crops:
        _, grid = read_image(blind / f"images/{crop}_0000.nii.gz")
        block = np.zeros((128, 128, 128), np.uint8)
        block[54:74, 54:74, 54:74] = 1
        write_label_map(block, grid, tmp_path / f"fused/{crop}.nii.gz")
    given = ("-i", tmp_path / "fused", "-o", tmp_path / "restored", "-prepared", blind)
    assert run_command(main, "--restore", *given) == 0
    labels, grid = read_label_map(tmp_path / "restored/crossmoda_106.nii.gz")
    x = grid.origin[0] + grid.spacing[0] * np.argwhere(labels)[:, 2]
    assert labels.sum() * grid.voxel_volume == pytest.approx(2 * 10**3, rel=0.15)
    assert (x > 0).mean() == pytest.approx(0.5, abs=0.1)


def test_a_source_without_a_tumour_is_left_out_and_told(challenge, tmp_path, capsys):
    shutil.copytree(challenge, tmp_path / "in")
    label = tmp_path / "in/source_training/crossmoda_2_Label.nii.gz"
    labels, grid = read_label_map(label)
    write_label_map(np.where(labels == 1, 0, labels).astype(np.uint8), grid, label)
    given = ("-sides", challenge / "sides.csv", "-votes", 1, "-levels", 62, 66)
    assert run_command(main, "-i", tmp_path / "in", "-o", tmp_path / "out", *given) == 0
    assert "left out    crossmoda_2: its label map shows no tumour" in capsys.readouterr().out
    assert len(list((tmp_path / "out/atlases/images").iterdir())) == 2


WRONG = {
    "a missing label": (lambda folder: (folder / "source_training/crossmoda_2_Label.nii.gz").unlink(), (), "_Label"),
    "another label": (
        lambda folder: write_label_map(
            np.full((4, 4, 4), 7, np.uint8),
            Geometry.axis_aligned((4, 4, 4)),
            folder / "source_training/crossmoda_2_Label.nii.gz",
        ),
        (),
        "holds the label 7",
    ),
    "an image without side": (
        lambda folder: (folder / "sides.csv").write_text("case,side\ncrossmoda_106,left\n"),
        ("-sides", "sides.csv"),
        "has no side for image 'crossmoda_107'",
    ),
    "no targets": (lambda folder: [shutil.rmtree(path) for path in folder.glob("target_[tv]*")], (), "neither"),
    "too many votes": (lambda _: None, ("-votes", 4), "-votes is 4; there are 3 source scans"),
    "no levels": (lambda _: None, ("-levels", 95, 45), "-levels is 95 45"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_one_line_and_writes_nothing(challenge, tmp_path, capsys, name):
    spoil, options, message = WRONG[name]
    shutil.copytree(challenge, tmp_path / "in")
    spoil(tmp_path / "in")
    options = [tmp_path / "in" / one if str(one).endswith(".csv") else one for one in options]
    assert run_command(main, "-i", tmp_path / "in", "-o", tmp_path / "out", *options) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("labels", "size", "name", "message"),
    [
        (1, 128, "crossmoda_999_left", "'crossmoda_999_left' has no record"),
        (2, 128, None, "holds the label 2; labels of a crop are 0 and 1"),
        (1, 64, None, "give a label map of the crop as it was cut"),
    ],
)
def test_what_is_no_label_map_of_a_crop_is_not_restored(prepared, tmp_path, capsys, labels, size, name, message):
    crop = next((prepared / "oracle").iterdir())
    _, grid = read_label_map(crop)
    (tmp_path / "fused").mkdir()
    grid = Geometry((size,) * 3, grid.spacing, grid.origin, grid.direction)
    path = tmp_path / "fused" / (f"{name}.nii.gz" if name else crop.name)
    write_label_map(np.full((size,) * 3, labels, np.uint8), grid, path)
    given = ("-i", tmp_path / "fused", "-o", tmp_path / "restored", "-prepared", prepared)
    assert run_command(main, "--restore", *given) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "restored").exists()
