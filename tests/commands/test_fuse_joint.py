"""ds_fuse with the atlases' images: better labels, in every combination, and what is wrong with images in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image

from ..warped_atlases import SHAPE, write_atlases
from .fuse_runs import assert_refused, contents, read, write_scores

FLAT = (48, 44)


def record(folder: Path) -> dict:
    return json.loads((folder / "fusion.json").read_text(encoding="utf-8"))


def wrong(folder: Path, truth: Path) -> float:
    """Part of the foreground's voxels that are wrong."""
    errors = [
        (read(path) != read(truth / path.name)).sum() / (read(truth / path.name) > 0).sum()
        for path in folder.glob("*.nii.gz")
    ]
    assert errors
    return float(np.mean(errors))


def rewrite(path: Path, change) -> None:
    image = sitk.ReadImage(str(path))
    changed = sitk.GetImageFromArray(change(sitk.GetArrayFromImage(image)))
    changed.SetDirection(image.GetDirection())
    sitk.WriteImage(changed, str(path))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_atlases(tmp_path / "data")


@pytest.mark.parametrize("shape", [SHAPE, FLAT])
@pytest.mark.parametrize(
    ("contrast", "features"), [("same", "intensity"), ("inverted", "intensity"), ("folded", "mind")]
)
def test_images_make_better_labels_in_any_contrast(fuse, tmp_path, shape, contrast, features):
    data = write_atlases(tmp_path / "data", shape, contrast=contrast)
    fuse("-i", data / "candidates", "-o", tmp_path / "labels_only")
    status, output, _ = fuse(
        "-i",
        data / "candidates",
        "-images",
        data / "images",
        "-atlas_images",
        data / "warped",
        "-o",
        tmp_path / "fused",
    )
    assert status == 0
    assert f"rule        joint, patches compared by {features}" in output
    assert wrong(tmp_path / "fused", data / "truth") < 0.8 * wrong(tmp_path / "labels_only", data / "truth")
    written = record(tmp_path / "fused")
    assert (written["rule"], written["features"]) == ("joint", features)
    assert sum(written["images"]["scan0"]["weights"]) == pytest.approx(1)


def options(data: Path) -> list:
    return ["-i", data / "candidates", "-images", data / "images", "-atlas_images", data / "warped"]


def test_a_rater_among_atlases_votes_with_its_overlap(fuse, tmp_path, data):
    for image in ("scan0", "scan1"):
        (data / f"warped/{image}__atlas2.nii.gz").unlink()
    status, output, _ = fuse(*options(data), "-o", tmp_path / "fused")
    assert status == 0
    assert "2 candidates have no warped image, such as 'scan0__atlas2'" in output
    of_image = record(tmp_path / "fused")["images"]["scan0"]
    assert of_image["without_image"] == ["atlas2"]
    assert 0.05 < of_image["weights"][2] < 0.5


def test_an_image_without_any_warped_atlas_is_fused_by_labels(fuse, tmp_path, data):
    for path in data.glob("warped/scan1__*"):
        path.unlink()
    fuse(*options(data), "-features", "mind", "-o", tmp_path / "fused")
    fuse("-i", data / "candidates", "-smooth", "0", "-o", tmp_path / "labels_only")
    assert np.array_equal(read(tmp_path / "fused/scan1.nii.gz"), read(tmp_path / "labels_only/scan1.nii.gz"))
    assert not np.array_equal(read(tmp_path / "fused/scan0.nii.gz"), read(tmp_path / "labels_only/scan0.nii.gz"))


def test_scores_are_a_prior(fuse, tmp_path, data):
    cases = {f"scan{image}__atlas{atlas}": 0.9 if atlas == 1 else 0.01 for image in (0, 1) for atlas in range(5)}
    scores = write_scores(tmp_path / "scores.csv", cases)
    status, output, _ = fuse(*options(data), "-features", "mind", "-s", scores, "-o", tmp_path / "fused")
    assert status == 0
    assert "rule        joint, score agreement" in output
    assert np.argmax(record(tmp_path / "fused")["images"]["scan0"]["weights"]) == 1


def test_two_channels_are_both_used(fuse, tmp_path, data):
    for folder in ("images", "warped"):
        for path in sorted(data.glob(f"{folder}/*.nii.gz")):
            stem = path.name.removesuffix(".nii.gz").removesuffix("_0000")
            image = sitk.ReadImage(str(path))
            empty = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
            write_image(empty, Geometry.of(image), path.with_name(f"{stem}_0001.nii.gz"))
            path.rename(path.with_name(f"{stem}_0000.nii.gz"))
    assert fuse(*options(data), "-features", "intensity", "-o", tmp_path / "fused")[0] == 0
    (data / "warped/scan0__atlas1_0001.nii.gz").unlink()
    outcome = fuse(*options(data), "-o", tmp_path / "refused")
    assert_refused(outcome, tmp_path / "refused", "scan0__atlas1_0000", "1 channels", "warp each channel")


def test_probabilities_shares_doubt_and_smoothing_follow_the_images(fuse, tmp_path, data):
    also = ("--save_probabilities", "--save_vote_share", "-ignore_below", 0.6, "-smooth", 0.5, "-decide", "dice")
    (data / "candidates/dataset.json").write_text('{"labels": {"background": 0, "a": 1, "b": 2, "ignore": 3}}')
    status, _, errors = fuse(*options(data), "-features", "mind", *also, "-o", tmp_path / "fused")
    assert status == 0, errors
    with np.load(tmp_path / "fused/scan0.npz") as saved:
        assert np.allclose(saved["probabilities"].sum(axis=0), 1, atol=1e-4)
    share, labels = (read(tmp_path / "fused" / name) for name in ("vote_share/scan0.nii.gz", "scan0.nii.gz"))
    assert np.array_equal(labels == 3, share < 0.6)
    assert (labels == 3).any()


def test_processes_and_parts_give_the_same(fuse, tmp_path, data):
    fuse(*options(data), "-o", tmp_path / "one", "-np", 1)
    fuse(*options(data), "-o", tmp_path / "two", "-np", 2)
    for part in (0, 1):
        fuse(*options(data), "-o", tmp_path / "parts", "-num_parts", 2, "-part_id", part)
    assert contents(tmp_path / "one") == contents(tmp_path / "two") == contents(tmp_path / "parts")
    before = (tmp_path / "one/scan0.nii.gz").stat().st_mtime_ns
    (tmp_path / "one/scan1.nii.gz").unlink()
    status, output, _ = fuse(*options(data), "-o", tmp_path / "one", "--continue")
    assert status == 0
    assert "1 finished before" in output
    assert (tmp_path / "one/scan0.nii.gz").stat().st_mtime_ns == before
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda values: values[1:], ["has size", "warp the atlas' image to the grid of its labels"]),
        (lambda values: np.full_like(values, 7), ["is 7 everywhere"]),
        (lambda values: np.where(values > 150, np.float32("nan"), values), ["NaN"]),
    ],
)
def test_a_bad_warped_image_is_named(fuse, tmp_path, data, change, words):
    path = data / "warped/scan1__atlas3.nii.gz"
    rewrite(path, change)
    for features in ("auto", "mind"):
        outcome = fuse(*options(data), "-features", features, "-o", tmp_path / "fused")
        assert_refused(outcome, tmp_path / "fused", path, *words)


def test_images_that_were_not_warped_are_told(fuse, tmp_path, data):
    for path in data.glob("warped/*"):
        rewrite(path, lambda values: np.ascontiguousarray(values[::-1, ::-1, ::-1]))
    outcome = fuse(*options(data), "-o", tmp_path / "fused")
    assert_refused(outcome, tmp_path / "fused", data / "warped", "warp the images as their labels were")


def test_options_that_do_not_fit(fuse, tmp_path, data):
    out = tmp_path / "fused"
    candidates, warped = ("-i", data / "candidates"), ("-atlas_images", data / "warped")
    assert_refused(fuse(*candidates, "-rule", "joint", "-o", out), out, "-atlas_images")
    assert_refused(fuse(*candidates, "-images", data / "images", "-o", out), out, "-atlas_images")
    for option in ("-patch_radius", "-search"):
        assert_refused(fuse(*candidates, option, 3, "-o", out), out, option, "-atlas_images")
    assert_refused(fuse(*candidates, *warped, "-rule", "staple", "-o", out), out, "-rule joint")
    assert_refused(fuse(*candidates, *warped, "-o", out), out, "'scan0' is not known", "-images")
    assert_refused(fuse(*candidates, "-atlas_images", data / "no", "-o", out), out, "is no folder")
    raters = ("-atlas_images", data / "images", "-images", data / "images")
    assert_refused(fuse(*candidates, *raters, "-o", out), out, "no image of any candidate", "raters")
