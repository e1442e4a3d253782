"""What ds_rank refuses, leaves out and tells of."""

import numpy as np
import pytest

from ..label_map_files import SIZE, save
from .fuse_runs import assert_refused, contents, read, write_scores
from .rank_runs import NP, dice, rows_of, true_dice, truth_of, write_sources


def test_one_source(rank, tmp_path):
    [folder] = write_sources(tmp_path / "c", noise={"alone": 0.1})
    outcome = rank("-i", tmp_path / "c", "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", tmp_path / "c", "one source, 'alone'")
    assert folder.is_dir()


def test_no_shared_images(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2, noise={"a": 0.1, "b": 0.1})
    (folders[0] / "image0.nii.gz").unlink()
    (folders[1] / "image1.nii.gz").unlink()
    assert_refused(rank("-i", *folders, "-o", tmp_path / "r", *NP), tmp_path / "r", "no image has candidates of two")


def test_scores_of_other_cases(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    scores = write_scores(tmp_path / "scores.csv", {"other__case": 0.5})
    outcome = rank("-i", *folders, "-s", scores, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", scores, "scores none of the candidates")


def test_scores_that_are_no_dice(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=1)
    scores = write_scores(tmp_path / "scores.csv", {"image0__best": 85.0})
    outcome = rank("-i", *folders, "-s", scores, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", scores, "85 in column 'agreement' of case 'image0__best'", "in percent")


def test_candidates_without_a_score_are_told_of(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=1, noise={"a": 0.1, "b": 0.1})
    scores = write_scores(tmp_path / "scores.csv", {"image0__a": 0.5, "image0__b": "nan"})
    output = rank("-i", *folders, "-s", scores, "-o", tmp_path / "r", *NP)[1]
    assert "1 of 2 candidates have no score, such as 'image0__b'" in output


def test_truth_on_another_grid(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    truth = save(tmp_path / "gt/image0.nii.gz", truth_of(0)[1:])
    outcome = rank("-i", *folders, "-gt", truth.parent, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", truth, "size")


def test_truth_on_another_grid_is_resampled_when_that_is_asked(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    for image in range(2):
        save(tmp_path / f"gt/image{image}.nii.gz", np.pad(truth_of(image), ((0, 0), (0, 0), (0, 2))))
    status, output, errors = rank("-i", *folders, "-gt", tmp_path / "gt", "--resample", "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert "--resample brings 'true labels' onto the grid that most candidates have, in 2 of 2 images" in output
    assert float(rows_of(tmp_path / "r")[0]["dice"]) == pytest.approx(true_dice(folders[0], 2), abs=0.001)


def test_a_source_is_not_compared_with_itself(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    (tmp_path / "link").symlink_to(folders[1])
    for truth in (folders[1], tmp_path / "link"):
        outcome = rank("-i", *folders, "-gt", truth, "-o", tmp_path / "r", *NP)
        assert_refused(outcome, tmp_path / "r", f"-gt {truth}", "candidate 'good'", "leave that source out of -i")
    assert rank("-i", *folders[::2], "-gt", folders[1], "-o", tmp_path / "r", *NP)[0] == 0


def with_number(labels: np.ndarray, number: int) -> np.ndarray:
    """The first slices have this number."""
    changed = labels.astype(np.uint8)
    changed[:3] = number
    return changed


def test_a_label_of_the_truth_that_no_source_has_is_left_out(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    for image in range(2):
        save(tmp_path / f"gt/image{image}.nii.gz", with_number(truth_of(image), 7))
    status, output, errors = rank("-i", *folders, "-gt", tmp_path / "gt", "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert "no source shows 'label_7', which true labels have, so it is left out" in output
    assert {one["label"] for one in rows_of(tmp_path / "r")} == {"mean", "label_1", "label_2"}
    assert "label_7" not in (tmp_path / "r/images.csv").read_text(encoding="utf-8")


def test_true_labels_that_no_source_overlaps_with_are_told_of(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=3)
    for image, labels in enumerate((truth_of(0), np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8))):
        save(tmp_path / "gt" / f"image{image}.nii.gz", labels)
    status, output, _ = rank("-i", *folders, "-gt", tmp_path / "gt", "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "no source overlaps with the true labels of image 'image1' and 1 more image, so all have" in output


def test_float_noise_is_told_of_once(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=3)
    for image in range(2):
        path = folders[0] / f"image{image}.nii.gz"
        save(path, read(path) + np.float32(1e-6))
    status, output, _ = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert status == 0
    assert "image0.nii.gz holds float noise" in output
    assert "it is rounded; so is 1 more file" in output


def test_voxels_that_the_truth_ignores_are_not_compared(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    for image in range(2):
        save(tmp_path / f"gt/image{image}.nii.gz", with_number(truth_of(image), 7))
    (tmp_path / "gt/dataset.json").write_text('{"labels": {"background": 0, "x": 1, "y": 2, "ignore": 7}}')
    status, output, errors = rank("-i", *folders, "-gt", tmp_path / "gt", "-o", tmp_path / "r", *NP)
    assert (status, errors) == (0, "")
    assert "left out" not in output
    heard = np.array([dice(read(folders[0] / f"image{image}.nii.gz")[3:], truth_of(image)[3:]) for image in range(2)])
    assert float(rows_of(tmp_path / "r")[0]["dice"]) == pytest.approx(heard.mean(), abs=1e-4)


def test_truth_with_other_numbers(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    save(tmp_path / "gt/image0.nii.gz", (truth_of(0) > 0) * np.uint8(255))
    outcome = rank("-i", *folders, "-gt", tmp_path / "gt", "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", f"-gt {tmp_path / 'gt'} has 'label_255'", "whose numbers mean the same")


def test_truth_of_other_images(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=2)
    truth = save(tmp_path / "gt/other.nii.gz", truth_of(0))
    outcome = rank("-i", *folders, "-gt", truth.parent, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", truth.parent, "holds none of the images")


@pytest.mark.parametrize("with_truth", [False, True])
def test_nothing_drawn(rank, tmp_path, with_truth):
    for name in ("a", "b"):
        save(tmp_path / "c" / name / "image0.nii.gz", np.zeros(SIZE, np.uint8))
    save(tmp_path / "gt/image0.nii.gz", truth_of(0))
    truth = ["-gt", tmp_path / "gt"] if with_truth else []
    outcome = rank("-i", tmp_path / "c/a", tmp_path / "c/b", *truth, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", "no candidate shows any label")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-ceiling", 0.9, 0.8), "-ceiling 0.9 0.8"),
        (("-tolerance", 0), "-tolerance 0"),
        (("--top", 0), "--top 0"),
        (("-np", 0), "-np 0"),
        (("-images", "images"), "give their folder with -atlas_images"),
        (("-atlas_images", "warped", "--resample"), "leave out -sources and --resample"),
        (("-atlas_images", "warped"), "-atlas_images warped is no folder"),
    ],
)
def test_senseless_options(rank, tmp_path, options, words):
    assert_refused(rank("-i", *write_sources(tmp_path / "c", 1), "-o", tmp_path / "r", *options), tmp_path / "r", words)


def test_a_list_of_folders_needs_folders(rank, tmp_path):
    for name in ("a", "b", "c"):
        save(tmp_path / "c" / f"image0__{name}.nii.gz", truth_of(0))
    outcome = rank("-i", tmp_path / "c", "--top", 1, "-o", tmp_path / "r", *NP)
    assert_refused(outcome, tmp_path / "r", "--top", tmp_path / "c")


def test_results_inside_what_is_read(rank, tmp_path):
    folders = write_sources(tmp_path / "c", images=1)
    outcome = rank("-i", *folders, "-o", folders[0] / "r", *NP)
    assert_refused(outcome, folders[0] / "r", f"-o {folders[0] / 'r'} lies in {folders[0]}, which is read")


def test_another_folder_is_not_overwritten(rank, tmp_path):
    folders = write_sources(tmp_path / "c", 1)
    save(tmp_path / "r/mine.nii.gz", truth_of(0))
    status, _, errors = rank("-i", *folders, "-o", tmp_path / "r", *NP)
    assert status == 2
    assert "is not a ranking" in errors
    assert sorted(contents(tmp_path / "r")) == ["mine.nii.gz"]
