"""A candidate that marks voxels as ignored has no vote there, and is compared nowhere there."""

import json

import numpy as np
import pytest

from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.fusion import Request, fuse_folder
from nnunet_deepstaple.fusion.decision.running_vote import RunningVote
from nnunet_deepstaple.fusion.rules.by_name import RULES
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import dice_with, volumes_of
from nnunet_deepstaple.fusion.votes.shares import vote_shares
from nnunet_deepstaple.fusion.weights.networks import compared
from nnunet_deepstaple.fusion.weights.others import dice_with_others
from scripts.experiments.common.multilabel_staple import multilabel_staple

from ..commands.fuse_runs import read
from ..label_map_files import save
from .examples import equal_weights, votes_of

IGNORE = 9
SHAPE = (6, 16, 16)


def truth(n_labels=3):
    """Boxes of label 1 and 2."""
    labels = np.zeros(SHAPE, np.uint8)
    labels[1:5, 3:12, 3:8] = 1
    labels[1:5, 3:12, 8:13] = n_labels - 1
    return labels


def raters(n_labels=3, count=3):
    """Noisy label maps of which all but the last ignore every other slice."""
    rng = np.random.default_rng(0)
    maps = []
    for number in range(count):
        labels = truth(n_labels)
        noise = rng.random(SHAPE) < 0.1
        labels[noise] = rng.integers(0, n_labels, int(noise.sum()))
        if number < count - 1:
            labels[1::2] = IGNORE
        maps.append(labels)
    return maps


def test_the_ignored_label_is_none_of_the_labels():
    votes = collect_votes(raters(), IGNORE)
    assert votes.labels.tolist() == [0, 1, 2]
    assert votes.patterns.max() == 3
    assert votes.patterns[0].tolist() == [0, 0, 0]


@pytest.mark.parametrize("rule", [*RULES.values(), multilabel_staple])
@pytest.mark.parametrize("n_labels", [2, 3])
def test_where_one_speaks_its_vote_counts(rule, n_labels):
    maps = raters(n_labels)
    votes = collect_votes(maps, IGNORE)
    consensus = rule(votes, None)
    fused = votes.paint(votes.labels[consensus.labels])
    assert np.allclose(consensus.probabilities.sum(axis=1), 1)
    if rule is not multilabel_staple and rule is not RULES["staple"]:
        assert np.array_equal(fused[1::2], maps[-1][1::2])
    assert (fused[1::2] > 0).sum() > 0.8 * (truth(n_labels)[1::2] > 0).sum()


@pytest.mark.parametrize("rule", [*RULES.values(), multilabel_staple])
def test_slices_that_all_ignore_change_nothing(rule):
    """Estimates are those of the image without these slices."""
    maps = [labels[::2] for labels in raters(count=4)]
    padded = [np.concatenate([labels, np.full(SHAPE, IGNORE, np.uint8)]) for labels in maps]
    alone, beside = collect_votes(maps), collect_votes(padded, IGNORE)
    one, other = rule(alone, None), rule(beside, None)
    painted = beside.paint(beside.labels[other.labels])
    assert np.array_equal(painted[: len(maps[0])], alone.paint(alone.labels[one.labels]))
    for name, values in one.quality.items():
        assert np.allclose(other.quality[name], values, equal_nan=True), name


def test_shares_are_among_those_who_speak():
    patterns = np.array([[0, 0, 0], [1, 3, 2], [3, 3, 2], [3, 3, 3], [3, 1, 3]])
    shares = np.asarray(vote_shares(votes_of(patterns, n_labels=3), np.array([0.75, 0, 0.25])))
    assert shares.tolist() == [[1, 0, 0], [0, 0.75, 0.25], [0, 0, 1], [1, 0, 0], [0, 1, 0]]


def test_dice_leaves_ignored_voxels_out():
    maps = raters()
    votes = collect_votes(maps, IGNORE)
    image = votes.paint(np.arange(len(votes.patterns)))
    labels = np.zeros(len(votes.patterns), int)
    labels[image] = truth()  # a label map must be one of the patterns' here; near enough to compare the two ways
    dice = dice_with(votes, labels)
    for place, found in enumerate(maps):
        seen = found != IGNORE
        reference = labels[image]
        expected = [
            2
            * ((found == label) & (reference == label) & seen).sum()
            / (((found == label) & seen).sum() + ((reference == label) & seen).sum())
            for label in (1, 2)
        ]
        assert dice[place] == pytest.approx(np.mean(expected))


def test_dice_with_the_others_is_taken_where_both_speak():
    maps = raters(count=4)
    votes = collect_votes(maps, IGNORE)
    weights = equal_weights(4)
    found = dice_with_others(RunningVote(votes), weights, volumes_of(votes))
    annotated = collect_votes([labels[::2] for labels in maps])
    expected = dice_with_others(RunningVote(annotated), weights, volumes_of(annotated))
    assert found == pytest.approx(expected)


def test_a_prediction_keeps_its_trust():
    """It is compared on the voxels that somebody annotated."""
    maps = raters(count=4)
    maps[-1] = np.where(np.arange(SHAPE[0])[:, None, None] % 2, np.uint8(IGNORE), maps[-1])  # now all ignore these
    votes = collect_votes([*maps, truth()], IGNORE)
    weights = np.full(5, 0.2)
    dice, *best = compared(votes, weights, 4)
    annotated = collect_votes([*(labels[::2] for labels in maps), truth()[::2]])
    expected, *expected_best = compared(annotated, weights, 4)
    assert dice == pytest.approx(expected)
    assert best == pytest.approx(expected_best)
    assert dice[0] > 0.9


def write(folder, ignore=2, more=None):
    """Two raters who ignore every other slice, one who annotated all but the last two slices."""
    for number in range(3):
        labels = (truth() > 0).astype(np.uint8)
        if number < 2:
            labels[1::2] = 2
        labels[-2:] = 2
        save(folder / "labelsTr" / f"p__r{number}.nii.gz", labels)
    labels = {"background": 0, "liver": 1, "ignore": ignore, **(more or {})}
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    return folder / "labelsTr"


@pytest.mark.parametrize("rule", ["majority", "staple", "simple", "spectral", "leave_one_out"])
def test_folders(tmp_path, rule):
    notes = []
    fuse_folder(Request([write(tmp_path)], tmp_path / "fused", rule=rule), notes.append)
    fused = read(tmp_path / "fused" / "p.nii.gz")
    assert np.array_equal(fused[:-2], truth()[:-2] > 0)
    assert (fused[-2:] == 2).all()
    assert any("does not vote where it has the label 2" in note for note in notes)
    record = json.loads((tmp_path / "fused" / "fusion.json").read_text(encoding="utf-8"))
    assert record["notes"] == notes
    assert record["images"]["p"]["voxels"]["2"] == 2 * 16 * 16


def test_without_a_dataset_json_it_is_a_label(tmp_path):
    folder = write(tmp_path)
    (tmp_path / "dataset.json").unlink()
    fuse_folder(Request([folder], tmp_path / "fused", rule="majority"))
    assert (read(tmp_path / "fused" / "p.nii.gz")[1::2] == 2).all()


def test_each_folder_says_what_it_ignores(tmp_path):
    """What the first ignores is the second's tumour."""
    for name, labels in (("a", {"background": 0, "liver": 1, "ignore": 2}), ("b", {"background": 0, "tumour": 2})):
        save(tmp_path / name / "p.nii.gz", np.where(truth() == 1, labels.get("liver", 0), truth()).astype(np.uint8))
        (tmp_path / name / "dataset.json").write_text(json.dumps({"labels": labels}))
    fuse_folder(Request([tmp_path / "a", tmp_path / "b"], tmp_path / "fused", rule="majority"))
    fused = read_label_map(tmp_path / "fused" / "p.nii.gz")[0]
    np.testing.assert_array_equal(fused, truth())
