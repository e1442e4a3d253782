import numpy as np

from nnunet_deepstaple.fusion.weights.scores_and_overlap import OVERLAP_POWER, share_trust

from ..examples import voters_of_an_easy_and_a_hard_structure, votes_of

COUNTS = np.array([100, 10, 5, 5, 5])
CANDIDATES = np.array([[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
"""Each has 15 voxels, of which the vote, and that of the others, has 10: Dice 0.8, odds 4."""


def shared(weights: np.ndarray, trust: float) -> np.ndarray:
    return share_trust(votes_of(np.column_stack([CANDIDATES, CANDIDATES[:, 0]]), COUNTS), weights, 3, trust).of_voters


def test_scores_alone_stay_what_they_are():
    weights = np.array([0.3, 0.2, 0.1, 0.4])
    assert shared(weights, 1.0) is weights


def test_overlap_is_that_with_what_the_others_vote_by_their_scores():
    patterns = np.array([[0, 0, 0], [1, 1, 0], [1, 1, 1], [0, 1, 0]])
    counts = np.array([100, 10, 10, 3])
    weights = share_trust(votes_of(patterns, counts), np.array([0.1, 0.1, 0.8]), 3, 0.0).of_voters
    # 20, 23 and 10 voxels; the votes of the others are the third's, the third's, and the first's (a tie)
    overlap = np.array([20 / 30, 20 / 33, 20 / 30]) ** OVERLAP_POWER
    np.testing.assert_allclose(weights, overlap / overlap.sum())


def test_scores_and_overlap_share_the_trust():
    weights = np.array([0.24, 0.2, 0.16, 0.4])  # none outvotes the others, so all overlap alike with them
    halved = shared(weights, 0.5)
    expected = np.sqrt(weights[:3])
    np.testing.assert_allclose(halved[:3], 0.6 * expected / expected.sum())
    assert halved[3] == 0.4


def test_whom_nobody_overlaps_with_keeps_its_score():
    patterns = np.array([[0, 0, 0], [1, 1, 0], [0, 0, 1]])
    weights = np.array([0.0, 0.0, 1.0])
    np.testing.assert_allclose(share_trust(votes_of(patterns, [9, 5, 5]), weights, 3, 0.5).of_voters, weights)


def test_copies_share_one_vote():
    rng = np.random.default_rng(0)
    truth = rng.random(4000) < 0.4
    votes = [truth ^ (rng.random(4000) < rate) for rate in (0.1, 0.1, 0.15, 0.15, 0.2, 0.2, 0.3)]
    patterns = np.column_stack([*votes, votes[-1], votes[-1], votes[0]]).astype(int)
    scores = np.full(10, 0.1)
    found = share_trust(votes_of(patterns), scores, 9, 0.3)
    plain = share_trust(votes_of(patterns[:, [0, 1, 2, 3, 4, 5, 6, 9]]), np.full(8, 1 / 8), 7, 0.3)
    assert found.dependence is not None
    assert found.of_voters[9] == 0.1  # the prediction's
    np.testing.assert_allclose(
        found.of_voters[6:9].sum() / 0.9, plain.of_voters[6] / (7 / 8), rtol=0.2
    )  # copies confirm each other a little


def test_overlap_does_not_favour_those_who_mark_an_easy_structure():
    weights = share_trust(voters_of_an_easy_and_a_hard_structure(), np.full(12, 1 / 12), 12, 0.3).of_voters
    np.testing.assert_allclose(weights.reshape(3, 4).mean(axis=1), 1 / 12, rtol=0.1)
