import numpy as np
import pytest

from nnunet_deepstaple.fusion.decision.argmax import decide
from nnunet_deepstaple.fusion.decision.running_vote import RunningVote
from nnunet_deepstaple.fusion.votes.overlap import volumes_of
from nnunet_deepstaple.fusion.weights.others import dice_with_others

from ..examples import votes_of


@pytest.mark.parametrize("seed", range(40))
def test_the_others_vote_as_if_the_candidate_had_no_weight(seed):
    random = np.random.default_rng(seed)
    count, n_labels = random.integers(2, 8), random.integers(2, 5)
    patterns = random.integers(0, n_labels, (60, count))
    counts = random.integers(0, 50, 60).astype(float)
    weights = random.choice([0.0, 1.0, 2.0], count) + 1 * (seed % 2)  # ties, and weights of nothing
    weights[0] += 1
    weights /= weights.sum()
    votes = votes_of(patterns, counts, n_labels)
    found = dice_with_others(RunningVote(votes), weights, volumes_of(votes))
    for place, own in enumerate(patterns.T):
        others = weights * (np.arange(count) != place)
        sums = (patterns[:, :, np.newaxis] == np.arange(n_labels)).transpose(0, 2, 1) @ others
        vote = decide(sums, votes, others)
        dice = [
            2
            * counts[(own == label) & (vote == label)].sum()
            / (counts[own == label].sum() + counts[vote == label].sum())
            for label in range(1, n_labels)
        ]
        assert found[place] == pytest.approx(np.mean(dice))
