"""ds_fuse on input that is wrong, or that other tools break on: fused correctly, or refused in one line."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from ..label_map_files import SIZE, label_values, save
from ..machine import GIVE_UP_ROOT, limits_files, takes_rights_away
from .fuse_runs import assert_refused, contents, read, write_candidates, write_scores

# Where other tools break


def test_all_candidates_empty(fuse, tmp_path):
    for name in range(3):
        save(tmp_path / "c" / f"x__{name}.nii.gz", np.zeros(SIZE, np.uint8))
    status, output, _ = fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")
    assert status == 0
    assert "warning     x: every candidate is empty" in output
    assert not read(tmp_path / "fused/x.nii.gz").any()
    assert (
        "empty"
        in json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))["images"]["x"]["warnings"][0]
    )


ESTIMATING = ("majority", "staple", "simple")


@pytest.mark.parametrize("rule", ESTIMATING)
@pytest.mark.parametrize("values", [(2, 5), (255,), (2, 255), (254, 255), (253, 254, 255)])
def test_labels_that_are_not_consecutive(fuse, tmp_path, rule, values):
    for name in range(4):
        save(tmp_path / "c" / f"x__{name}.nii.gz", np.roll(label_values(values), name % 2, axis=0))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "-rule", rule)[0] == 0
    assert set(np.unique(read(tmp_path / "fused/x.nii.gz"))) == {0, *values}


@pytest.mark.parametrize("rule", ESTIMATING)
def test_a_tie_makes_no_new_label(fuse, tmp_path, rule):
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        save(tmp_path / "c" / f"x__{name}.nii.gz", label_values((value,)))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused", "-rule", rule)[0] == 0
    assert read(tmp_path / "fused/x.nii.gz").max() <= 3


def test_two_candidates_that_disagree(fuse, tmp_path):
    """The smaller label without weights: the intersection; the heavier candidate with weights."""
    one, other = label_values((1,)), np.roll(label_values((1,)), 1, axis=2)
    save(tmp_path / "c/x__a.nii.gz", one)
    save(tmp_path / "c/x__b.nii.gz", other)
    fuse("-i", tmp_path / "c", "-o", tmp_path / "majority", "-rule", "majority")
    assert np.array_equal(read(tmp_path / "majority/x.nii.gz"), one & other)
    scores = write_scores(tmp_path / "scores.csv", {"x__a": 0.1, "x__b": 0.2})
    fuse("-i", tmp_path / "c", "-o", tmp_path / "weighted", "-s", scores)
    assert np.array_equal(read(tmp_path / "weighted/x.nii.gz"), other)


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [(0.999, np.float32, "0.999"), (0.5, np.float64, "0.5"), (np.nan, np.float32, "NaN"), (-1, np.int16, "-1")],
)
def test_voxels_that_are_no_labels(fuse, tmp_path, value, dtype, message):
    candidates = write_candidates(tmp_path / "candidates")
    labels = label_values().astype(dtype)
    labels[labels > 0] = value
    bad = save(candidates / "image1__c2.nii.gz", labels)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", bad, message)


def test_types_may_be_mixed(fuse, tmp_path):
    for name, dtype in enumerate((np.uint8, np.int16, np.float32, np.uint16, np.int32, np.float64)):
        save(tmp_path / "c" / f"x__{name}.nii.gz", label_values().astype(dtype))
    assert fuse("-i", tmp_path / "c", "-o", tmp_path / "fused")[0] == 0
    assert np.array_equal(read(tmp_path / "fused/x.nii.gz"), label_values())


@pytest.mark.parametrize("size", [(9, 10, 12), (8, 9, 12), (8, 10, 13)])
@pytest.mark.parametrize("candidate", ["c0", "c4"])
def test_another_size(fuse, tmp_path, size, candidate):
    candidates = write_candidates(tmp_path / "candidates")
    save(candidates / f"image1__{candidate}.nii.gz", label_values(size=size))
    outcome = fuse("-i", candidates, "-o", tmp_path / "fused")
    assert_refused(outcome, tmp_path / "fused", "image1__c", "size", "(12, 10, 8)", "({2}, {1}, {0})".format(*size))


def test_a_flipped_direction(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image0__c3.nii.gz"
    image = sitk.ReadImage(str(path))
    image.SetDirection((-1, 0, 0, 0, 1, 0, 0, 0, 1))
    sitk.WriteImage(image, str(path))
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "direction", "-1")


@pytest.mark.parametrize(
    ("changed", "message"),
    [({"origin": (3.0, -4.0, 5.01)}, "origin (3, -4, 5.01)"), ({"spacing": (1.0, 1.51, 2.0)}, "spacing (1, 1.51, 2)")],
)
def test_another_geometry(fuse, tmp_path, changed, message):
    candidates = write_candidates(tmp_path / "candidates")
    path = save(candidates / "image0__c3.nii.gz", label_values(), **changed)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, message, "instead of")


# Bad files


def test_a_file_cut_off(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    path.write_bytes(path.read_bytes()[:-20])
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "cut off")


def test_a_text_file_of_that_name(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    path.write_text("404 not found")
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "cannot be read")


def test_four_dimensions(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates")
    path = candidates / "image1__c4.nii.gz"
    sitk.WriteImage(sitk.JoinSeries([sitk.GetImageFromArray(label_values())] * 2), str(path))
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused"), tmp_path / "fused", path, "2 volumes")


@takes_rights_away
@pytest.mark.parametrize("forbidden", ["candidate", "output"])
def test_permissions(tmp_path, forbidden):
    """In a process without root's right to read and write everything."""
    candidates = write_candidates(tmp_path / "candidates", images=1)
    for folder in (tmp_path, candidates, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    if forbidden == "candidate":
        (candidates / "image0__c1.nii.gz").chmod(0)
        (tmp_path / "free").mkdir()
        (tmp_path / "free").chmod(0o777)
        output = tmp_path / "free/fused"
    else:
        output = tmp_path / "fused"
    imports = "import locale, os, SimpleITK\nfrom nnunet_deepstaple.commands.fuse import main"  # while they may be read
    script = f"{imports}\n{GIVE_UP_ROOT}\nmain()"
    command = [sys.executable, "-c", script, "-i", candidates, "-o", output, "-np", "1"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    named = candidates / "image0__c1.nii.gz" if forbidden == "candidate" else output
    assert_refused((done.returncode, done.stdout, done.stderr), output, named)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None:
        pytest.skip("no disk of 64 KiB: there is no mount")
    mounted = subprocess.run(mount, capture_output=True, encoding="utf-8", check=False)
    if mounted.returncode:  # root in a container may lack the right, too
        pytest.skip(f"no disk of 64 KiB: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def write_noise(folder):
    for name in range(3):
        labels = np.random.default_rng(0).integers(0, 250, (60, 60, 60)).astype(np.uint8)
        save(folder / f"x__{name}.nii.gz", labels)


@limits_files
@pytest.mark.parametrize("switches", [[], ["--save_probabilities"], ["--save_agreement"]])
def test_a_file_that_may_not_be_that_large(tmp_path, switches):
    """As where a quota is used up: the disk is not full, and libraries do not say that they fail."""
    write_noise(tmp_path / "c")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))"
    script = f"{limit}\nfrom nnunet_deepstaple.commands.fuse import main\nmain()"
    output = tmp_path / "fused"
    command = [sys.executable, "-c", script, "-i", tmp_path / "c", "-o", output, "-rule", "majority", "-np", "1"]
    done = subprocess.run([*command, *switches], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {output}")
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
    assert done.stderr.strip().endswith("choose another folder")
    assert not [name for name in contents(output) if name.startswith((".", "x", "agreement"))]


@pytest.mark.parametrize("switches", [[], ["--save_probabilities"], ["--save_agreement"]])
def test_a_full_disk(fuse, tmp_path, small_disk, switches):
    write_noise(tmp_path / "c")
    arguments = ["-i", tmp_path / "c", "-o", small_disk / "fused", "-rule", "majority", *switches]
    status, _, errors = fuse(*arguments)
    assert status == 2
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert str(small_disk / "fused") in errors
    assert "cannot be written" in errors
    assert not [name for name in contents(small_disk / "fused") if name.startswith((".", "x", "agreement"))]


# Bad scores and options


def test_two_candidates_of_one_name(fuse, tmp_path):
    save(tmp_path / "c/x__a.nii.gz", label_values())
    save(tmp_path / "c/x__a.mha", label_values())
    assert_refused(fuse("-i", tmp_path / "c", "-o", tmp_path / "fused"), tmp_path / "fused", "x__a.nii.gz", "x__a.mha")


def test_a_case_without_score(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    scores = write_scores(tmp_path / "scores.csv", {f"image0__c{k}": 0.5 for k in range(4)})
    outcome = fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused")
    assert_refused(outcome, tmp_path / "fused", "image0__c4", "no score")


@pytest.mark.parametrize("score", ["nan", "inf", ""])
def test_a_score_that_is_no_number(fuse, tmp_path, score):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    cases = {f"image0__c{k}": 0.5 for k in range(5)}
    scores = write_scores(tmp_path / "scores.csv", {**cases, "image0__c2": score})
    assert_refused(fuse("-i", candidates, "-s", scores, "-o", tmp_path / "fused"), tmp_path / "fused", "image0__c2")


def test_scores_of_other_cases_are_told(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    cases = {f"image0__c{k}": k / 10 for k in range(5)} | {"other__c0": 0.7, "other__c1": 0.8}
    status, output, _ = fuse(
        "-i", candidates, "-s", write_scores(tmp_path / "scores.csv", cases), "-o", tmp_path / "fused"
    )
    assert status == 0
    assert "2 scored cases are not candidates here, such as 'other__c0'" in output
    assert "other__c0" in json.loads((tmp_path / "fused/fusion.json").read_text(encoding="utf-8"))["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-rule", "weighted"], "no scores found"),
        (["-score", "dice"], "no scores found"),
        (["-rule", "majority", "-temperature", "3"], "uses no scores"),
        (["-s", "missing.csv"], "missing.csv"),
        (["-ignore_below", "1.5"], "-ignore_below 1.5"),
        (["-np", "0"], "-np 0"),
        (["-num_parts", "3", "-part_id", "3"], "-part_id 3"),
        (["-temperature", "-1"], "-temperature -1"),
        (["-d_out", "702"], "702"),
        (["-d_out", "702_Name"], "-d_out"),
    ],
)
def test_options_that_cannot_be(fuse, tmp_path, monkeypatch, arguments, message):
    for variable in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    candidates = write_candidates(tmp_path / "candidates", images=1)
    assert_refused(fuse("-i", candidates, "-o", tmp_path / "fused", *arguments), tmp_path / "fused", message)


def test_no_such_folder(fuse, tmp_path):
    assert_refused(fuse("-i", tmp_path / "none", "-o", tmp_path / "fused"), tmp_path / "fused", tmp_path / "none")


def test_results_among_the_candidates(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "candidates", images=1)
    assert_refused(fuse("-i", candidates, "-o", candidates / "fused"), candidates / "fused", "would be taken for")


def test_label_maps_that_it_did_not_write_are_not_replaced(fuse, tmp_path):
    candidates = write_candidates(tmp_path / "c")
    image = min(path.name.split("__")[0] for path in candidates.glob("*__*"))
    own = save(tmp_path / "labels" / f"{image}.nii.gz", label_values())
    before = contents(tmp_path)
    status, _, error = fuse("-i", candidates, "-o", tmp_path / "labels")
    assert (status, error.count("\n")) == (2, 1)
    assert f"{own} is there, and no record" in error
    assert contents(tmp_path) == before


def test_an_option_that_is_none_is_one_line(fuse, tmp_path):
    status, _, error = fuse("-i", tmp_path, "-o", tmp_path / "out", "-disputed_only")
    assert (status, error) == (
        2,
        "error: unrecognized arguments: -disputed_only; ds_fuse --help shows what can be given\n",
    )


def test_the_label_of_what_is_unsure_is_said(fuse, tmp_path):
    for name, value in (("a", 1), ("b", 2), ("c", 2)):
        save(tmp_path / "c" / f"x__{name}.nii.gz", label_values((value,)))
    _, output, _ = fuse("-i", tmp_path / "c", "-o", tmp_path / "out", "-rule", "majority", "-ignore_below", 0.9)
    assert "voxels whose label has a share below 0.9 become 3" in output
    assert read(tmp_path / "out/x.nii.gz").max() == 3
