import numpy as np
import pytest

from nnunet_deepstaple.fusion.decision.running_vote import RunningVote
from nnunet_deepstaple.fusion.rules.weighted import leave_one_out
from nnunet_deepstaple.fusion.votes.overlap import volumes_of
from nnunet_deepstaple.fusion.weights.leave_one_out import POWER
from nnunet_deepstaple.fusion.weights.others import dice_with_others

from ..examples import fuse, noisy_candidates
from ..rules.test_simple import with_outliers


def test_outliers_have_next_to_no_weight():
    truth, label_maps = with_outliers()
    fused, consensus, _ = fuse(label_maps, leave_one_out)
    assert consensus.convergence["converged"]
    assert consensus.weights[6:].max() < 0.01 < consensus.weights[:6].min()
    assert (fused == truth).mean() > 0.995


def test_weights_and_votes_agree():
    _, consensus, votes = fuse(noisy_candidates(np.random.default_rng(0), 5), leave_one_out)
    dice = dice_with_others(RunningVote(votes), consensus.weights, volumes_of(votes))
    np.testing.assert_allclose(consensus.weights, dice**POWER / (dice**POWER).sum(), atol=1e-3)


@pytest.mark.parametrize("count", [1, 2])
def test_few_candidates_weigh_the_same(count):
    label_maps = noisy_candidates(np.random.default_rng(0), count)
    fused, consensus, _ = fuse(label_maps, leave_one_out)
    np.testing.assert_allclose(consensus.weights, np.full(count, 1 / count))
    if count == 1:
        assert np.array_equal(fused, label_maps[0])
