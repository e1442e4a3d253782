import numpy as np
import pytest

from nnunet_deepstaple.fusion.decision.argmax import decide, lead_of, winning_shares
from nnunet_deepstaple.fusion.decision.running_vote import RunningVote
from nnunet_deepstaple.fusion.rules.weighted import leave_one_out
from nnunet_deepstaple.fusion.votes.overlap import dice_with, volumes_of
from nnunet_deepstaple.fusion.votes.shares import vote_shares
from nnunet_deepstaple.fusion.weights.leave_one_out import POWER, TOLERANCE
from nnunet_deepstaple.fusion.weights.others import dice_with_others

from ..examples import equal_weights, votes_of


def random_votes(seed, abstain=False):
    """Many patterns of 7 voters, most of them near to one label."""
    random = np.random.default_rng(seed)
    n_labels = int(random.integers(2, 40))
    common = random.integers(0, n_labels, (3000, 1))
    others = random.integers(0, n_labels + abstain, (3000, 7))
    patterns = np.where(random.random((3000, 7)) < random.uniform(0.3, 0.9), common, others)
    return votes_of(patterns, random.integers(1, 9, 3000), n_labels)


@pytest.mark.parametrize("abstain", [False, True])
@pytest.mark.parametrize("margin", [0.0, 0.2])
@pytest.mark.parametrize("seed", range(10))
def test_each_vote_is_the_vote_over_all_patterns(seed, margin, abstain):
    random, votes = np.random.default_rng(seed), random_votes(seed, abstain)
    running, weights, fewest = RunningVote(votes), equal_weights(7), 3000  # all are tied somewhere
    for _ in range(12):
        rows, shares, lead = running.again(weights, margin)
        whole = vote_shares(votes, weights)
        expected = decide(whole, votes, weights)
        assert np.array_equal(running.labels, expected)
        assert np.array_equal(shares.values, whole.of_patterns(rows).values)
        leads = lead_of(whole, winning_shares(whole, votes, weights))
        assert np.array_equal(lead, leads[rows])
        assert set(np.flatnonzero(leads <= margin)) <= set(rows.tolist())
        assert np.array_equal(running.dice(volumes_of(votes)), dice_with(votes, expected))
        fewest = min(fewest, len(rows))
        weights = weights * random.uniform(0.98, 1.02, 7)
        weights /= weights.sum()
    assert abstain == (fewest == 3000)


@pytest.mark.parametrize("seed", range(10))
def test_leave_one_out_is_that_of_votes_over_all_patterns(seed):
    votes = random_votes(seed)
    weights, volumes, change = equal_weights(7), volumes_of(votes), 1.0
    while change >= TOLERANCE:
        dice = dice_with_others(RunningVote(votes), weights, volumes)  # a new one decides every pattern
        previous, weights = weights, (weights + dice**POWER / (dice**POWER).sum()) / 2
        change = np.abs(weights - previous).max()
    found = leave_one_out(votes)
    assert np.array_equal(found.weights, weights)
    assert np.array_equal(found.quality["dice"], dice)
