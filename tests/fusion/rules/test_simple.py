import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.simple import simple
from nnunet_deepstaple.fusion.rules.weighted import majority, weighted
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import dice_with
from nnunet_deepstaple.fusion.weights.weights import Weights

from ..examples import fuse, noisy_candidates


def with_outliers(good=6, bad=3, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.zeros((14, 14, 14), np.uint8)
    truth[3:7, 3:11, 3:11], truth[7:11, 3:11, 3:11] = 1, 2
    label_maps = [np.where(rng.random(truth.shape) < 0.05, 0, truth).astype(np.uint8) for _ in range(good)]
    label_maps += [np.roll(truth, 6 + k, axis=k % 3) for k in range(bad)]
    return truth, label_maps


def test_outliers_are_rejected():
    truth, label_maps = with_outliers()
    fused, consensus, _ = fuse(label_maps, simple)
    assert consensus.weights is not None
    assert (consensus.weights[6:] == 0).all()
    assert (consensus.weights[:6] > 0).sum() >= 3
    assert consensus.convergence["converged"]
    assert (fused == truth).mean() > 0.995


def test_dice_is_that_of_the_whole_label_maps():
    _, label_maps = with_outliers()
    fused, consensus, _ = fuse(label_maps, simple)
    for labels, dice in zip(label_maps, consensus.quality["dice"], strict=True):
        expected = [
            2 * ((labels == label) & (fused == label)).sum() / ((labels == label).sum() + (fused == label).sum())
            for label in (1, 2)
        ]
        assert dice == pytest.approx(np.mean(expected))


def test_nobody_is_rejected_when_all_are_alike():
    labels = np.zeros((4, 4, 4), np.uint8)
    labels[1:3] = 1
    _, consensus, _ = fuse([labels] * 5, simple)
    assert consensus.convergence["rejected"] == 0
    assert consensus.weights == pytest.approx(np.full(5, 0.2))


@pytest.mark.parametrize("values", [(0, 2), (0, 255)])
def test_labels_need_not_be_consecutive(values):
    rng = np.random.default_rng(2)
    label_maps = noisy_candidates(rng, 5)
    renamed = [np.array(values, np.uint16)[labels] for labels in label_maps]
    assert np.array_equal(np.array(values)[fuse(label_maps, simple)[0]], fuse(renamed, simple)[0])


@pytest.mark.parametrize("seed", range(20))
def test_it_ends(seed):
    rng = np.random.default_rng(seed)
    label_maps = noisy_candidates(rng, int(rng.integers(1, 12)), n_labels=int(rng.integers(2, 5)))
    _, consensus, _ = fuse(label_maps, simple)
    assert consensus.convergence["converged"]
    assert consensus.weights is not None
    assert consensus.weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("n_labels", [2, 30])
@pytest.mark.parametrize("ignored", [None, 1])
def test_rounds_are_those_of_votes_over_all_patterns(n_labels, ignored):
    """As the paper says it, with every pattern decided anew in every round."""
    label_maps = noisy_candidates(np.random.default_rng(n_labels), 9, n_labels=n_labels)
    label_maps[0][:] = np.roll(label_maps[0], 3)
    votes = collect_votes(label_maps, ignored)
    kept, labels, weights = np.ones(9, bool), majority(votes).labels, np.ones(9) / 9
    while True:
        dice = dice_with(votes, labels)
        before = kept, labels
        kept = kept & (dice >= dice[kept].mean() - 1.5 * dice[kept].std() - 1e-9)
        weights = np.where(kept, dice, 0) / dice[kept].sum()
        labels = weighted(votes, Weights(weights)).labels
        if np.array_equal(kept, before[0]) and np.array_equal(labels, before[1]):
            break
    found = simple(votes)
    assert np.array_equal(found.labels, labels)
    np.testing.assert_allclose(found.weights, weights)
    np.testing.assert_allclose(found.probabilities, weighted(votes, Weights(weights)).probabilities)
