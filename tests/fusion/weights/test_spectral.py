import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.weighted import spectral
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import pairwise_dice
from nnunet_deepstaple.fusion.weights.spectral import spectral_weights

from ..examples import fuse, noisy_candidates
from ..rules.test_simple import with_outliers


def test_outliers_have_next_to_no_weight():
    truth, label_maps = with_outliers()
    fused, consensus, _ = fuse(label_maps, spectral)
    assert consensus.weights[6:].max() < 1e-3
    assert (consensus.weights[:6] > 0.1).sum() >= 5  # the least central of many that are nearly equal may be rejected
    assert (fused == truth).mean() > 0.995


def test_independent_errors_are_recovered_in_order():
    """Candidates that err independently, each at its own rate, are ranked by it."""
    rng = np.random.default_rng(0)
    truth = rng.random((24, 24, 24)) < 0.5
    rates = (0.02, 0.1, 0.2, 0.3, 0.4)
    votes = collect_votes([(truth ^ (rng.random(truth.shape) < rate)).astype(np.uint8) for rate in rates])
    centrality = spectral_weights(pairwise_dice(votes)).quality["centrality"]
    assert (np.diff(centrality) < 0).all()
    assert centrality[0] == 1


def test_two_candidates_weigh_the_same():
    _, consensus, _ = fuse(noisy_candidates(np.random.default_rng(0), 2), spectral)
    np.testing.assert_allclose(consensus.weights, [0.5, 0.5])


def strips(*ends):
    maps = []
    for start, stop in ends:
        labels = np.zeros((20, 20), np.uint8)
        labels[:, start:stop] = 1
        maps.append(labels)
    return maps


@pytest.mark.parametrize(("second", "expected"), [((3, 13), (3, 10)), ((6, 16), (0, 16))])
def test_two_that_overlap_are_intersected_and_two_that_hardly_do_united(second, expected):
    fused, consensus, _ = fuse(strips((0, 10), second), spectral)
    assert np.array_equal(fused, strips(expected)[0])
    assert consensus.by_dice == (expected == (0, 16))


def test_groups_that_never_overlap_do_not_depend_on_the_order():
    maps = strips((0, 5), (0, 5), (10, 15), (10, 15))
    weights = [fuse([maps[place] for place in order], spectral)[1].weights for order in ((0, 1, 2, 3), (2, 0, 3, 1))]
    np.testing.assert_allclose(weights, np.full((2, 4), 0.25))


def test_a_single_candidate_and_empty_ones():
    assert np.array_equal(fuse(strips((0, 5)), spectral)[0], strips((0, 5))[0])
    assert not fuse(strips((0, 0), (0, 0)), spectral)[0].any()
