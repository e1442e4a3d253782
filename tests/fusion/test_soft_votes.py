"""Voters who are unsure, and shares that are smoothed."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.soft_labels import soft_labels_beside, soften, write_soft_labels
from nnunet_deepstaple.fusion.decision.calibration import DRAWN
from nnunet_deepstaple.fusion.decision.image_shares import ImageShares
from nnunet_deepstaple.fusion.decision.label_maps import PatternLabels, decide_voxels
from nnunet_deepstaple.fusion.folder import fuse_folder
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.fusion.rules.by_name import RULES
from nnunet_deepstaple.fusion.rules.weighted import weighted
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.weights.weights import Weights

from ..commands.fuse_runs import read, write_candidates, write_scores
from ..label_map_files import SIZE, label_values, save
from .examples import candidates, equal_weights, noisy_candidates

SOME = 0.7, 0.4, 0.0


def probabilities(label_map: np.ndarray, sure: float, n_labels: int = 3) -> np.ndarray:
    """Of a network that is so sure of a label map, and else thinks of the next label, shape (L, z, y, x)."""
    one_hot = np.eye(n_labels)[label_map]
    return np.moveaxis(sure * one_hot + (1 - sure) * np.roll(one_hot, 1, axis=-1), -1, 0)


def soft_voxels(label_maps, weights, soft=(), deviation=(0.0, 0.0, 0.0)):
    votes = collect_votes(label_maps)
    consensus = weighted(votes, Weights(weights))
    return decide_voxels(ImageShares(votes, consensus.shares, soft, deviation), consensus), votes, consensus


@settings(deadline=None, max_examples=50)
@given(candidates(), st.sampled_from(sorted(RULES)))
def test_without_softness_voxels_are_what_their_patterns_are(label_maps, rule):
    votes = collect_votes(label_maps)
    consensus = RULES[rule](votes, None)
    plain = PatternLabels.of(votes, consensus)
    voxels = decide_voxels(ImageShares(votes, consensus.shares), consensus)
    decided = (
        np.abs(np.sort(consensus.probabilities, axis=1)[:, -2:] @ [-1, 1]) > 1e-5 if len(votes.labels) > 1 else [1]
    )
    clear = votes.paint(np.asarray(decided, bool) & (not consensus.by_dice))
    assert np.array_equal(plain.label_map()[clear], voxels.label_map()[clear])
    np.testing.assert_allclose(voxels.probability(0), plain.probability(0), atol=1e-5)
    assert sum(voxels.voxels.values()) == label_maps[0].size


@settings(deadline=None, max_examples=50)
@given(candidates(), st.sampled_from([0.3, 0.5, 1.0, 2.0]))
def test_smoothing_makes_no_label_that_nobody_gave_there(label_maps, sigma):
    fused, _, _ = soft_voxels(label_maps, equal_weights(len(label_maps)), deviation=(sigma, sigma / 2, sigma))
    given_there = np.stack(label_maps) == fused.label_map()
    assert given_there.any(axis=0).all()


def test_smoothing_is_a_gaussian_that_ends_at_the_images_border():
    label_maps = noisy_candidates(np.random.default_rng(0), 4, n_labels=3)
    fused, votes, _ = soft_voxels(label_maps, equal_weights(4), deviation=SOME)
    for index in range(3):
        share = np.mean([labels == votes.labels[index] for labels in label_maps], axis=0)
        inside = gaussian_filter(np.ones(share.shape), SOME, mode="constant", truncate=3)
        expected = gaussian_filter(share, SOME, mode="constant", truncate=3) / inside
        np.testing.assert_allclose(fused.probability(index), expected, atol=1e-5)
    best = np.take_along_axis(
        np.stack([fused.probability(index) for index in range(3)]), fused.label_map()[np.newaxis].astype(int), 0
    )
    np.testing.assert_allclose(fused.certainty(), best[0], atol=1e-5)


def test_the_image_around_does_not_matter():
    label_maps = noisy_candidates(np.random.default_rng(1), 3)
    padded = [np.pad(labels, 9) for labels in label_maps]
    inner = tuple(slice(9, -9) for _ in range(3))
    hole = [np.pad(labels[1:-1, 1:-1, 1:-1], 1) for labels in label_maps]  # nothing at the border, which would differ
    fused, _, _ = soft_voxels(hole, equal_weights(3), deviation=SOME)
    larger, _, _ = soft_voxels([np.pad(labels, 9) for labels in hole], equal_weights(3), deviation=SOME)
    assert len(padded) == 3
    assert np.array_equal(fused.label_map(), larger.label_map()[inner])


def test_shares_of_soft_voters_are_added():
    label_maps = noisy_candidates(np.random.default_rng(0), 3, n_labels=3)
    network = label_maps[0]
    soft = soften(probabilities(network, 0.6), range(3), network.shape)
    votes = collect_votes([*label_maps, network])
    weights = np.array([0.2, 0.2, 0.1, 0.5])
    consensus = weighted(votes, Weights(weights))
    hard = weighted(votes.of_voters(slice(3)), Weights(weights[:3] * 2)).shares.times(0.5)
    fused = decide_voxels(ImageShares(votes, hard, [(0.5, soft)]), consensus)
    expected = sum(w * (np.stack([m == i for i in range(3)])) for w, m in zip(weights[:3], label_maps, strict=True))
    expected = expected + 0.5 * probabilities(network, 0.6)
    for index in range(3):
        np.testing.assert_allclose(fused.probability(index), expected[index], atol=2e-3)
    clear = np.diff(np.sort(expected, axis=0)[-2:], axis=0)[0] > 0.01
    assert np.array_equal(fused.label_map()[clear], expected.argmax(axis=0)[clear])


# Folders


@pytest.fixture
def scored(tmp_path: Path) -> tuple[Path, Path]:
    """Candidates, and a fold folder with scores, predictions and soft labels of image0."""
    candidates = write_candidates(tmp_path / "candidates")
    cases = {f"image{image}__c{name}": 0.8 for image in range(2) for name in range(5)}
    scores = write_scores(tmp_path / "fold_0/scores.csv", cases)
    for image in range(2):
        path = save(tmp_path / f"fold_0/predictions/image{image}.nii.gz", label_values())
        if image == 0:
            write_soft_labels(soften(probabilities(label_values(), 0.7), range(3), SIZE), soft_labels_beside(path))
    return candidates, scores


def fused(candidates: Path, output: Path, **options) -> dict:
    fuse_folder(Request([candidates], output, **options))
    return json.loads((output / "fusion.json").read_text(encoding="utf-8"))


def test_soft_labels_beside_predictions_vote(scored, tmp_path):
    candidates, scores = scored
    options = {"score_files": [scores], "save_vote_share": True, "smoothing": 0}
    record = fused(candidates, tmp_path / "out", **options)
    assert record["prediction_weight"] == 0.75
    assert record["images"]["image0"]["soft"] == ["fold_0/predictions"]
    assert "soft" not in record["images"]["image1"]
    certainty = read(tmp_path / "out/vote_share/image0.nii.gz")
    unanimous = np.all([read(path) == label_values() for path in sorted(candidates.glob("image0*"))], axis=0)
    weight = record["images"]["image0"]["predictions"]["fold_0/predictions"]
    share = 1 - 0.3 * weight
    against_background = DRAWN * share / (DRAWN * share + 1 - share)  # the network thinks of it after the last label
    for label, told in ((1, share), (2, against_background)):
        np.testing.assert_allclose(certainty[unanimous & (label_values() == label)], told, atol=2e-3)


def test_predictions_vote_by_what_save_probabilities_left(scored, tmp_path):
    """As a second network's predictions do in a second round."""
    candidates, scores = scored
    folder = tmp_path / "second"
    for image in ("image0", "image1"):
        save(folder / f"{image}.nii.gz", label_values())
        np.savez(folder / f"{image}.npz", probabilities=probabilities(label_values(), 0.8).astype(np.float16))
    record = fused(candidates, tmp_path / "out", score_files=[scores], predictions=[folder])
    assert record["prediction_weight"] == 0.75
    assert [record["images"][image]["soft"] for image in ("image0", "image1")] == 2 * [[f"{tmp_path.name}/second"]]
    np.savez(folder / "image1.npz", probabilities=probabilities(np.zeros(SIZE, np.uint8), 0.9))
    with pytest.raises(InputError, match=r"image1\.npz does not fit its label map .* move it away"):
        fused(candidates, tmp_path / "none", score_files=[scores], predictions=[folder])


def test_continuing_knows_who_voted_softly(scored, tmp_path):
    candidates, scores = scored
    options = {"score_files": [scores], "prediction_weight": 0.5}
    fused(candidates, tmp_path / "out", **options)
    times = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.nii.gz")}
    (tmp_path / "fold_0/predictions/image0.soft.npz").unlink()
    fused(candidates, tmp_path / "out", keep=True, **options)
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.nii.gz")}
    assert [name for name in times if times[name] != again[name]] == ["image0.nii.gz"]


def test_damaged_soft_labels_are_told_before_anything_is_written(scored, tmp_path):
    candidates, scores = scored
    path = tmp_path / "fold_0/predictions/image0.soft.npz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"image0\.soft\.npz cannot be read"):
        fused(candidates, tmp_path / "out", score_files=[scores])
    assert not (tmp_path / "out").exists()


def test_candidates_vote_by_probabilities_when_asked(tmp_path):
    """Two models that are sure of nothing and one that is sure of the opposite."""
    for name, labels, sure in (("a", 1, 0.55), ("b", 1, 0.55), ("c", 0, 0.95)):
        label_map = np.full(SIZE, labels, np.uint8)
        save(tmp_path / name / "x.nii.gz", label_map)
        np.savez(tmp_path / name / "x.npz", probabilities=probabilities(label_map, sure, 2).astype(np.float16))
    folders = [tmp_path / name for name in "abc"]
    options = {"rule": "majority", "smoothing": 0.0}
    fuse_folder(Request(folders, tmp_path / "hard", **options))
    fuse_folder(Request(folders, tmp_path / "soft", soft_candidates=True, **options))
    assert (read(tmp_path / "hard/x.nii.gz") == 1).all()
    assert (read(tmp_path / "soft/x.nii.gz") == 0).all()
    (tmp_path / "b/x.npz").unlink()
    with pytest.raises(InputError, match=r"b/x\.npz is missing; predict with --save_probabilities"):
        fuse_folder(Request(folders, tmp_path / "none", soft_candidates=True, **options))
    np.savez(tmp_path / "b/x.npz", probabilities=probabilities(np.zeros(SIZE, np.uint8), 0.9, 2))
    with pytest.raises(InputError, match=r"b/x\.npz does not fit its label map"):
        fuse_folder(Request(folders, tmp_path / "none", soft_candidates=True, **options))


def test_the_width_is_in_millimetres(tmp_path):
    """Across thick slices nothing is smoothed, within them it is."""
    labels = [np.zeros((5, 9, 9), np.uint8) for _ in range(3)]
    labels[0][:, 2:7, 2:7] = labels[1][:, 2:7, 2:7] = 1
    labels[0][2], labels[1][2] = 0, 0
    labels[0][2, 4, 4] = labels[1][2, 4, 4] = 1  # two of three in one voxel of one slice
    for spacing, kept in (((0.5, 0.5, 5.0), False), ((5.0, 5.0, 0.5), True)):  # x, y, z
        folder = tmp_path / f"{spacing[0]:g}"
        for place, values in enumerate(labels):
            save(folder / f"i__c{place}.nii.gz", values, spacing)
        fuse_folder(Request([folder], tmp_path / f"out{spacing[0]:g}", rule="majority", smoothing=0.5))
        assert bool(read(tmp_path / f"out{spacing[0]:g}/i.nii.gz")[2, 4, 4]) is kept


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"smoothing": -1.0}, "-smooth -1"),
        ({"decision": "most"}, "-decide most"),
        ({"score_trust": 2.0}, "-score_trust 2"),
        ({"rule": "staple", "soft_candidates": True}, "--soft_candidates"),
    ],
)
def test_what_cannot_be(options, words):
    with pytest.raises(InputError, match=words):
        Request([Path("a")], Path("b"), **options).check()
