import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.choice import choose_rule
from nnunet_deepstaple.fusion.planning.predictions import WEIGHT
from nnunet_deepstaple.fusion.planning.request import Request

from ...commands.fuse_runs import read, write_candidates, write_scores
from ...label_map_files import SIZE, save

IMAGES, NAMES = ("image0", "image1"), [f"c{name}" for name in range(5)]


@pytest.fixture
def candidates(tmp_path: Path) -> Path:
    return write_candidates(tmp_path / "candidates")


@pytest.fixture
def fold(candidates: Path, tmp_path: Path) -> Path:
    """A fold folder with scores and predictions, as a training leaves them: those of the best candidate."""
    folder = tmp_path / "fold_0"
    scores = {f"{image}__{name}": rank / 10 for image in IMAGES for rank, name in enumerate(NAMES)}
    write_scores(folder / "scores.csv", scores)
    (folder / "predictions").mkdir()
    for image in IMAGES:
        save(folder / "predictions" / f"{image}.nii.gz", predicted(candidates, image))
    return folder


def predicted(candidates: Path, image: str) -> np.ndarray:
    return read(candidates / f"{image}__{NAMES[-1]}.nii.gz").astype(np.uint8)


def fused(candidates: Path, output: Path, **options) -> tuple[dict, list[str]]:
    notes: list[str] = []
    fuse_folder(Request([candidates], output, **options), notes.append)
    return json.loads((output / "fusion.json").read_text(encoding="utf-8")), notes


def test_predictions_beside_the_scores_vote(candidates, fold, tmp_path):
    record, notes = fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"])
    assert any("predictions" in note and f"weight {WEIGHT:g}" in note for note in notes)
    assert record["prediction_weight"] == WEIGHT
    assert record["predictions_from"] == [str(fold / "predictions")]
    assert notes == record["notes"]
    entry = record["images"]["image0"]
    assert entry["candidates"] == NAMES
    assert entry["predictions"] == {"fold_0/predictions": pytest.approx(WEIGHT / (1 + WEIGHT))}
    without, _ = fused(candidates, tmp_path / "without", score_files=[fold / "scores.csv"], prediction_weight=0)
    ours = np.array(entry["weights"]) * (1 + WEIGHT)
    np.testing.assert_allclose(ours, without["images"]["image0"]["weights"], rtol=1e-6)
    assert "predictions" not in without["images"]["image0"]
    assert "prediction_weight" not in without


def test_with_all_the_weight_the_prediction_wins(candidates, fold, tmp_path):
    labels = predicted(candidates, "image1")
    labels[0, 0, :3] = 1
    save(fold / "predictions" / "image1.nii.gz", labels)
    fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"], prediction_weight=9, smoothing=0)
    np.testing.assert_array_equal(read(tmp_path / "out" / "image1.nii.gz"), labels)


def test_a_prediction_that_the_candidates_do_not_confirm_hardly_votes(candidates, fold, tmp_path):
    labels = np.random.default_rng(5).integers(0, 3, SIZE).astype(np.uint8)
    save(fold / "predictions" / "image1.nii.gz", labels)
    notes: list[str] = []
    options = {"score_files": [fold / "scores.csv"], "prediction_weight": 2.5}
    fuse_folder(Request([candidates], tmp_path / "out", **options), notes.append)
    record = json.loads((tmp_path / "out" / "fusion.json").read_text(encoding="utf-8"))
    (trust,) = record["images"]["image0"]["network_trust"].values()
    assert 0 < trust < 0.5  # one of two images is not like the candidates
    assert any(f"fold_0/predictions votes with {trust:.0%} of its weight" in note for note in notes)
    assert record["images"]["image0"]["predictions"]["fold_0/predictions"] == pytest.approx(
        2.5 * trust / (1 + 2.5 * trust)
    )
    assert record["images"]["image1"]["predictions"]["fold_0/predictions"] < 0.05
    fused(candidates, tmp_path / "without", score_files=[fold / "scores.csv"], prediction_weight=0)
    changed = read(tmp_path / "out" / "image1.nii.gz") != read(tmp_path / "without" / "image1.nii.gz")
    assert changed.mean() < 0.01


def test_the_papers_vote_has_none(candidates, fold, tmp_path):
    record, notes = fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"], weights="paper")
    assert "predictions" not in record["images"]["image0"]
    assert not any("prediction" in note for note in notes)


def test_labels_to_train_on_have_none_unless_asked_for(candidates, fold, tmp_path):
    scores = [fold / "scores.csv"]
    given = {"nothing": {}, "weight": {"prediction_weight": 0.5}, "folder": {"predictions": [fold / "predictions"]}}
    voted, said = {}, {}
    for name, options in given.items():
        request = Request([candidates], tmp_path / name, score_files=scores, dataset="702_Fused", **options)
        choice = choose_rule(request, find_candidates([candidates])[0])
        voted[name] = bool(choice.predictions.of_image["image0"])
        said[name] = any("-d_out are to train on" in note for note in choice.notes)
    assert voted == {"nothing": False, "weight": True, "folder": True}
    assert said == {"nothing": True, "weight": False, "folder": False}


def test_several_folds_share_the_weight(candidates, fold, tmp_path):
    folder = tmp_path / "fold_1" / "predictions"
    save(folder / "image0.nii.gz", predicted(candidates, "image0"))
    given = [fold / "predictions", folder]
    record, notes = fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"], predictions=given)
    first, second = record["images"].values()
    assert list(first["predictions"]) == ["fold_0/predictions", "fold_1/predictions"]
    assert list(first["predictions"].values()) == pytest.approx([WEIGHT / 2 / (1 + WEIGHT)] * 2)
    assert second["predictions"] == {"fold_0/predictions": pytest.approx(WEIGHT / (1 + WEIGHT))}
    assert sum(first["weights"]) + sum(first["predictions"].values()) == pytest.approx(1)
    assert len(notes) == 1


def test_the_fold_that_did_not_train_on_an_image_votes_on_it_alone(candidates, fold, tmp_path):
    """Fold 0 validated on image1 and fold 1 on image0; the prediction of the other fold is left out."""
    (tmp_path / "fold_1").mkdir()
    shutil.copytree(fold / "predictions", tmp_path / "fold_1/predictions")
    paths = [fold / "scores.csv", tmp_path / "fold_1/scores.csv"]
    for path, validated in zip(paths, ("image1", "image0"), strict=True):
        write_splits(path, validated)
    record, notes = fused(candidates, tmp_path / "out", score_files=paths)
    voted = {image: list(entry["predictions"]) for image, entry in record["images"].items()}
    assert voted == {"image0": ["fold_1/predictions"], "image1": ["fold_0/predictions"]}
    assert record["images"]["image0"]["predictions"]["fold_1/predictions"] == pytest.approx(WEIGHT / (1 + WEIGHT))
    assert record["predictions_out_of_fold"] == 2
    assert "only the fold that did not train on an image votes on it, on 2 of 2 images" in notes


def test_images_that_every_fold_trained_on_have_votes_of_all(candidates, fold, tmp_path):
    (tmp_path / "fold_1").mkdir()
    shutil.copytree(fold / "predictions", tmp_path / "fold_1/predictions")
    paths = [fold / "scores.csv", tmp_path / "fold_1/scores.csv"]
    for path, validated in zip(paths, ("image1", ""), strict=True):
        write_splits(path, validated)
    record, notes = fused(candidates, tmp_path / "out", score_files=paths)
    assert {image: len(entry["predictions"]) for image, entry in record["images"].items()} == {"image0": 2, "image1": 1}
    assert "only the fold that did not train on an image votes on it, on 1 of 2 images" in notes


def write_splits(path: Path, validated: str) -> None:
    """A fold's scores, in which the cases of one image are of its validation split."""
    rows = [
        f"{image}__{name},{'val' if image == validated else 'train'},0.{rank}\n"
        for image in IMAGES
        for rank, name in enumerate(NAMES)
    ]
    path.write_text("".join(["case,split,agreement\n", *rows]), encoding="utf-8")


def test_images_without_a_prediction_are_said(candidates, fold, tmp_path):
    (fold / "predictions" / "image1.nii.gz").unlink()
    record, notes = fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"])
    assert "1 of 2 images have no prediction there, such as 'image1'" in notes
    assert "predictions" not in record["images"]["image1"]


def test_a_prediction_that_lacks_what_all_candidates_show_is_said(candidates, fold, tmp_path):
    half = predicted(candidates, "image1")
    half[half == 2] = 0
    for image, labels in zip(IMAGES, (np.zeros_like(half), half), strict=True):
        save(fold / "predictions" / f"{image}.nii.gz", labels)
    record, _ = fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"])
    for image, lacking in zip(IMAGES, ("label 1, 2,", "label 2,"), strict=True):
        (warning,) = record["images"][image]["warnings"]
        assert f"predictions/{image}.nii.gz lacks {lacking}" in warning


def test_continuing_knows_them(candidates, fold, tmp_path):
    request = {"score_files": [fold / "scores.csv"]}
    fused(candidates, tmp_path / "out", **request)
    before = (tmp_path / "out" / "image0.nii.gz").stat().st_mtime_ns
    fused(candidates, tmp_path / "out", keep=True, **request)
    assert (tmp_path / "out" / "image0.nii.gz").stat().st_mtime_ns == before


def test_a_prediction_of_another_size_is_refused(candidates, fold, tmp_path):
    save(fold / "predictions" / "image0.nii.gz", predicted(candidates, "image0")[:-1])
    with pytest.raises(InputError, match=r"predictions/image0\.nii\.gz"):
        fused(candidates, tmp_path / "out", score_files=[fold / "scores.csv"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prediction_weight": -1.0}, "-prediction_weight -1"),
        ({"prediction_weight": float("nan")}, "-prediction_weight nan"),
        ({"predictions": [Path("nowhere")]}, "-predictions nowhere holds no label maps"),
        ({"prediction_weight": 0.4, "rule": "staple", "score_files": ()}, "-rule staple uses no scores"),
    ],
)
def test_bad_options(candidates, fold, tmp_path, options, words):
    with pytest.raises(InputError, match=words):
        fused(candidates, tmp_path / "out", **({"score_files": [fold / "scores.csv"]} | options))


def test_a_weight_without_predictions_is_refused(candidates, fold, tmp_path):
    (fold / "scores.csv").rename(tmp_path / "scores.csv")
    with pytest.raises(InputError, match="no predictions"):
        fused(candidates, tmp_path / "out", score_files=[tmp_path / "scores.csv"], prediction_weight=0.4)
