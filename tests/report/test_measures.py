import numpy as np
import pytest

from nnunet_deepstaple.report.measures import (
    dice_without_each,
    disputed_share,
    expected_dice,
    label_dice,
    sensitivities,
    specificities,
)

from ..fusion.examples import votes_of

# Three voters and two labels: 90 voxels of background, 6 where all see the object, 3 where one does, 1 where two do.
PATTERNS = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0]], np.uint8)
COUNTS = np.array([90, 6, 3, 1])
MAJORITY = np.array([0, 1, 0, 1])
VOTES = votes_of(PATTERNS, COUNTS)


def test_expected_dice_by_hand():
    shares = np.array([[1, 0], [0, 1], [2 / 3, 1 / 3], [1 / 3, 2 / 3]])
    # 2 (6 + 2/3) / (7 + 6 + 1 + 2/3)
    assert expected_dice(MAJORITY, shares, COUNTS) == pytest.approx(2 * (6 + 2 / 3) / (7 + 7 + 2 / 3))


def test_expected_dice_of_voters_of_one_mind_is_one():
    assert expected_dice(np.array([0, 1]), np.eye(2), np.array([5, 5])) == 1
    assert expected_dice(np.array([0]), np.ones((1, 1)), np.array([5])) == 1


def test_expected_dice_is_that_of_truths_drawn_by_the_shares():
    """The ratio of expected values is close to the expected ratio where there are many voxels."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet([2, 2, 2], size=2000)
    labels, counts = shares.argmax(axis=1), np.ones(2000)
    drawn = [(shares.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1) for _ in range(40)]
    dice = [np.nanmean(label_dice(labels, truth, counts, 3)[1:]) for truth in drawn]
    assert expected_dice(labels, shares, counts) == pytest.approx(np.mean(dice), abs=0.005)


def test_disputed_voxels_are_those_with_foreground_on_which_voters_differ():
    assert disputed_share(VOTES) == pytest.approx(4 / 10)
    assert disputed_share(votes_of([[0, 0, 0]], [5])) == 0


def test_sensitivity_and_specificity_against_the_consensus():
    np.testing.assert_allclose(sensitivities(VOTES, MAJORITY), [1, 1, 6 / 7])
    np.testing.assert_allclose(specificities(VOTES, MAJORITY), [0, 1, 1])  # of the three disputed voxels
    assert np.isnan(specificities(VOTES.of_patterns(np.arange(2)), MAJORITY[:2])).all()


def test_a_wrong_label_is_not_sensitive():
    np.testing.assert_allclose(sensitivities(votes_of([[1, 2]], [4], 3), np.array([1])), [1, 0])


def test_label_dice_by_hand():
    dice = label_dice(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 0]), np.array([1, 2, 1, 1]), 4)
    np.testing.assert_allclose(dice, [2 / 3, 2 * 2 / 5, 0, np.nan])


def test_a_voter_without_weight_is_not_missed():
    dice = dice_without_each(VOTES, np.array([0.5, 0.5, 0]))
    assert dice[2] == 1
    assert dice_without_each(VOTES.of_voters(slice(1)), np.ones(1)).tolist() == [0]


def test_what_the_vote_would_be_without_each():
    """Without the first voter, the single voxel that two saw is a tie, which falls to the smaller label."""
    dice = dice_without_each(VOTES, np.full(3, 1 / 3))
    np.testing.assert_allclose(dice, [2 * 6 / 13, 2 * 6 / 13, 2 * 7 / (7 + 7)])


def test_who_abstains_is_not_compared():
    """The third voter says nothing (2) of the last two kinds of voxels."""
    patterns = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 2], [2, 2, 2]])
    counts, labels = np.array([90, 6, 3, 1]), np.array([0, 1, 1, 0])
    votes = votes_of(patterns, counts)
    assert disputed_share(votes) == pytest.approx(3 / 9)
    np.testing.assert_allclose(sensitivities(votes, labels), [1, 6 / 9, 1])
    assert np.isnan(specificities(votes, labels)).all()
    np.testing.assert_allclose(label_dice(patterns[:, 2], labels, counts, 2), [1, 1])
