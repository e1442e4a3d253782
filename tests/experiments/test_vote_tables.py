from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.label_maps import write_label_map
from nnunet_deepstaple.fusion.rules.staple import staple
from nnunet_deepstaple.fusion.votes.reading import read_votes
from scripts.experiments.common.judging import (
    dice_of_arrays,
    dice_of_files,
    dice_of_folder,
    mean_dice,
    relative_volume,
    volumes_of_folder,
)
from scripts.experiments.replays.vote_tables import VoteTable, read_vote_tables

GRID = Geometry.axis_aligned((6, 5, 4))


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Two images with four candidates, a prediction and the truth each."""
    random = np.random.default_rng(0)
    for name in ("candidates", "truth", "predictions"):
        (tmp_path / name).mkdir()
    for image in ("a", "b"):
        truth = random.integers(0, 3, (4, 5, 6))
        for name in ("u", "v", "w", "x"):
            noisy = np.where(random.random(truth.shape) < 0.3, random.integers(0, 3, truth.shape), truth)
            write_label_map(noisy.astype(np.uint8), GRID, tmp_path / "candidates" / f"{image}__{name}.nii.gz")
        for folder in ("truth", "predictions"):
            write_label_map(truth.astype(np.uint8), GRID, tmp_path / folder / f"{image}.nii.gz")
    return tmp_path


def read(folders: Path) -> list[VoteTable]:
    return read_vote_tables([folders / "candidates"], folders / "truth", {"prediction": folders / "predictions"})


def test_a_table_knows_the_dice_of_its_candidates_without_their_files(folders):
    for table in read(folders):
        expected = dice_of_folder(folders / "truth", folders / "truth")
        assert expected == {"a": 1, "b": 1}
        assert table.dice(table.votes_of("prediction")) == 1
        assert len(table.true_dice()) == 4
        assert (table.true_dice() < 1).all()


def test_fusing_a_table_gives_the_labels_that_fusing_the_files_gives(folders):
    candidates, _ = find_candidates([folders / "candidates"])
    for table in read(folders):
        votes, _ = read_votes(candidates[table.image])
        fused = staple(votes)
        from_files = votes.paint(votes.labels[fused.labels])
        truth_path = folders / "truth" / f"{table.image}.nii.gz"
        write_label_map(from_files, GRID, folders / "fused.nii.gz")

        assert table.dice(table.fuse(staple).labels) == pytest.approx(
            dice_of_files(folders / "fused.nii.gz", truth_path)
        )


def test_agreement_with_the_truth_is_the_true_dice(folders):
    for table in read(folders):
        assert table.dice_with(table.votes_of("prediction")) == pytest.approx(table.true_dice())


def test_a_missing_label_map_is_named(folders):
    (folders / "predictions/b.nii.gz").unlink()
    with pytest.raises(InputError, match="no label map of image 'b'"):
        read(folders)


def test_dice_is_the_mean_over_labels_that_either_shows():
    labels, truth = np.array([[0, 1, 1, 2]]), np.array([[0, 1, 0, 0]])
    assert dice_of_arrays(labels, truth) == pytest.approx((2 / 3 + 0) / 2)
    assert dice_of_arrays(labels * 0, truth * 0) == 1
    assert mean_dice(np.array([0, 1]), np.array([[5, 0], [0, 3]])) == 1


def test_a_volume_is_told_beside_the_true_one(folders):
    assert set(volumes_of_folder(folders / "truth", folders / "truth").values()) == {1.0}
    truth = np.array([[5, 0], [0, 4], [3, 0]])
    assert relative_volume(np.array([0, 1, 1]), truth) == pytest.approx(7 / 4)
    assert np.isnan(relative_volume(np.array([1]), np.array([[5, 0]])))
