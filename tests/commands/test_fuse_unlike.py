"""Candidates whose sources do not mean the same: by ds_fuse on files."""

import json

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from ..label_map_files import SIZE, save
from .fuse_runs import assert_refused, contents, read

LIVER, SPLEEN = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
LIVER[2:6, 3:8, 1:5], SPLEEN[2:6, 3:8, 7:11] = 1, 1
TRUTH = LIVER + 2 * SPLEEN


@pytest.fixture
def sources(tmp_path):
    """Three images of four sources: two for the liver, two for the spleen, and what they mean."""
    said = {}
    for number in range(4):
        name, structure, label = f"s{number}", (LIVER, SPLEEN)[number % 2], ("liver", "spleen")[number % 2]
        said[name] = {"labels": {label: number + 1}}
        for image in range(3):
            moved = np.roll(structure, number // 2, axis=1)
            save(tmp_path / "in" / name / f"image{image}.nii.gz", moved * (number + 1))
    path = tmp_path / "sources.json"
    path.write_text(json.dumps(said))
    return tmp_path


@pytest.mark.parametrize("rule", ["spectral", "majority", "staple", "simple", "leave_one_out"])
def test_structures_that_few_annotate_are_not_voted_down(sources, fuse, rule):
    out = sources / "out"
    status, printed, errors = fuse(
        "-i", sources / "in", "-sources", sources / "sources.json", "-rule", rule, "-smooth", 0, "-o", out, "-np", 1
    )
    assert status == 0, errors
    assert "not annotated" in printed
    fused = read(out / "image0.nii.gz")
    both = LIVER & np.roll(LIVER, 1, axis=1)
    assert (fused[both > 0] == 1).all()
    assert (fused[(SPLEEN & np.roll(SPLEEN, 1, axis=1)) > 0] == 2).all()
    assert (fused[:, :3] == 0).all()
    record = json.loads((out / "fusion.json").read_text())
    assert record["sources"]["s0"] == {"liver": "1", "spleen": "not annotated"}
    assert record["sources_from"]["file"].endswith("sources.json")


def test_a_number_that_its_source_does_not_name_is_refused(sources, fuse):
    save(sources / "in" / "s0" / "image1.nii.gz", TRUTH)
    outcome = fuse("-i", sources / "in", "-sources", sources / "sources.json", "-o", sources / "out", "-np", 1)
    assert_refused(outcome, sources / "out", "s0/image1.nii.gz", "holds the number 2", "does not name")


def test_names_come_before_numbers(tmp_path, fuse):
    for name, labels, values in (
        ("a", {"liver": 1, "spleen": 2}, TRUTH),
        ("b", {"spleen": 1, "liver": 2}, SPLEEN + 2 * LIVER),
    ):
        for image in range(3):
            save(tmp_path / name / f"image{image}.nii.gz", values.astype(np.uint8))
        (tmp_path / name / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **labels}}))
    status, _, errors = fuse("-i", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "out", "-np", 1)
    assert status == 0, errors
    np.testing.assert_array_equal(read(tmp_path / "out" / "image0.nii.gz"), TRUTH)


def test_another_grid_is_refused_with_its_reason_or_resampled(tmp_path, fuse):
    for name in "abc":
        save(tmp_path / "in" / name / "image.nii.gz", TRUTH)
    image = sitk.ReadImage(str(tmp_path / "in" / "a" / "image.nii.gz"))
    sitk.WriteImage(sitk.Flip(image, [True, False, True]), str(tmp_path / "in" / "b" / "image.nii.gz"))
    sitk.WriteImage(image[:, :, :5], str(tmp_path / "in" / "c" / "image.nii.gz"))
    outcome = fuse("-i", tmp_path / "in", "-o", tmp_path / "out", "-np", 1)
    assert_refused(outcome, tmp_path / "out", "b/image.nii.gz", "--resample")
    status, printed, errors = fuse(
        "-i", tmp_path / "in", "-o", tmp_path / "out", "--resample", "-smooth", 0, "-np", 1, "--all_annotate"
    )
    assert status == 0, errors
    assert "--resample brings 'c' onto the grid that most candidates have, in 1 of 1 images" in printed
    np.testing.assert_array_equal(read(tmp_path / "out" / "image.nii.gz"), TRUTH)


def test_one_file_a_structure(tmp_path, fuse):
    inner = np.zeros(SIZE, np.uint8)
    inner[3:5, 4:7, 2:4] = 1
    for name in "ab":
        save(tmp_path / "in" / name / "scan" / "liver.nrrd", LIVER)
        save(tmp_path / "in" / name / "scan" / "vessel.nrrd", inner)
    save(tmp_path / "in" / "a" / "scan" / "spleen.nrrd", SPLEEN)
    status, printed, errors = fuse("-i", tmp_path / "in", "-layout", "structures", "-o", tmp_path / "out", "-np", 1)
    assert status == 0, errors
    assert "'vessel' lies in 'liver'" in printed
    fused = read(tmp_path / "out" / "scan.nrrd")
    np.testing.assert_array_equal(fused, np.select([inner > 0, LIVER > 0, SPLEEN > 0], [3, 1, 2]))


def test_all_that_annotate_everything_are_fused_as_before(tmp_path, fuse):
    rng = np.random.default_rng(0)
    for name in "abc":
        for image in range(2):
            noisy = np.where(rng.random(SIZE) < 0.1, rng.integers(0, 3, SIZE), TRUTH).astype(np.uint8)
            save(tmp_path / "in" / name / f"image{image}.nii.gz", noisy)
    said = {name: {"labels": {"liver": 1, "spleen": 2}} for name in "abc"}
    (tmp_path / "sources.json").write_text(json.dumps(said))
    for out, more in (("plain", ()), ("said", ("-sources", tmp_path / "sources.json"))):
        assert fuse("-i", tmp_path / "in", "-o", tmp_path / out, "-np", 1, *more)[0] == 0
    plain, named = contents(tmp_path / "plain"), contents(tmp_path / "said")
    for image in ("image0.nii.gz", "image1.nii.gz"):
        assert plain[image] == named[image]
    weights = [json.loads(one["fusion.json"])["images"]["image0"]["weights"] for one in (plain, named)]
    assert weights[0] == weights[1]


def test_labels_without_sources_are_refused(sources, fuse):
    (sources / "labels.json").write_text(json.dumps({"liver": 1}))
    outcome = fuse("-i", sources / "in", "-labels", sources / "labels.json", "-o", sources / "out", "-np", 1)
    assert_refused(outcome, sources / "out", "-labels", "give one of them")
