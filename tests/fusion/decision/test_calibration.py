from dataclasses import replace

import numpy as np
import pytest

from nnunet_deepstaple.fusion.decision.calibration import (
    DRAWN,
    LEAST,
    PEOPLE,
    SMOOTHED,
    calibrate_patterns,
    calibrate_voxels,
    calibrated_shares,
    exponent_of,
    overlap_of,
)
from nnunet_deepstaple.fusion.decision.image_shares import ImageShares
from nnunet_deepstaple.fusion.decision.label_maps import PatternLabels, decide_voxels
from nnunet_deepstaple.fusion.rules.weighted import spectral
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import pairwise_dice

from ..examples import noisy_candidates

WIDTH = (0.5, 0.5, 0.5)


@pytest.fixture
def votes():
    return collect_votes(noisy_candidates(np.random.default_rng(0), 7, n_labels=3))


def test_the_exponent_falls_from_one_to_the_least_as_voters_overlap_more():
    assert exponent_of(0.3) == exponent_of(PEOPLE) == 1
    assert exponent_of(0.9) == pytest.approx((0.1 / 0.9) / (0.14 / 0.86))
    assert exponent_of(0.99) == exponent_of(1.0) == LEAST
    assert exponent_of(0.3, SMOOTHED) == SMOOTHED
    assert exponent_of(0.9, SMOOTHED) == exponent_of(0.9)


def test_the_exponent_is_half_way_between_the_image_and_all_images():
    assert exponent_of(0.95, of_images=0.9) == pytest.approx(np.sqrt(exponent_of(0.9) * (0.05 / 0.95) / (0.14 / 0.86)))
    assert exponent_of(0.9, of_images=0.9) == pytest.approx(exponent_of(0.9))
    assert exponent_of(1.0, of_images=0.5) == LEAST
    assert exponent_of(0.3, SMOOTHED, of_images=0.3) == SMOOTHED


def test_rejected_voters_overlap_too(votes):
    consensus = spectral(votes)
    all_equal = replace(consensus, of_all=np.full(7, 1 / 7), dependence=None)
    pairs = pairwise_dice(votes)[np.triu_indices(7, 1)]
    assert overlap_of(votes, all_equal) == pytest.approx(pairs.mean())
    one = replace(consensus, of_all=None, weights=np.eye(7)[0])
    assert np.isnan(overlap_of(votes, one))


def test_a_single_voter_is_told_as_it_is():
    assert exponent_of(np.nan) == 1


def test_a_drawn_label_is_a_little_less_likely_than_its_share_and_the_exponent_evens_out():
    told = np.asarray(calibrated_shares(np.array([[0.1, 0.9, 0.0], [0.5, 0.3, 0.2]]), 0.5))
    np.testing.assert_allclose(told.sum(axis=1), 1)
    assert told[0, 1] / told[0, 0] == pytest.approx(DRAWN * 3)
    assert told[1, 1] / told[1, 2] == pytest.approx(1.5**0.5)


def test_what_is_certain_stays_certain():
    certain = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert np.array_equal(np.asarray(calibrated_shares(certain, 0.4)), certain)


def test_calibration_changes_no_label_and_probabilities_sum_to_one(votes):
    consensus = spectral(votes)
    shares = ImageShares(votes, consensus.shares, (), WIDTH)
    plain = decide_voxels(shares, consensus)
    told = calibrate_voxels(plain, shares, 0.5)
    assert np.array_equal(told.label_map(), plain.label_map())
    probabilities = np.stack([told.probability(index) for index in range(votes.n_labels)])
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, atol=1e-5)
    own = np.searchsorted(votes.labels, told.label_map())
    np.testing.assert_allclose(told.certainty(), np.take_along_axis(probabilities, own[np.newaxis], 0)[0], atol=1e-5)


def test_patterns_and_unsmoothed_voxels_tell_the_same(votes):
    consensus = spectral(votes)
    by_pattern = calibrate_patterns(PatternLabels.of(votes, consensus), consensus.shares, 0.5)
    shares = ImageShares(votes, consensus.shares)
    by_voxel = calibrate_voxels(decide_voxels(shares, consensus), shares, 0.5)
    np.testing.assert_allclose(by_pattern.certainty(), by_voxel.certainty(), atol=1e-5)


def test_what_networks_agree_on_is_less_sure(votes):
    consensus = spectral(votes)
    plain = PatternLabels.of(votes, consensus)
    told = calibrate_patterns(plain, consensus.shares, 0.5)
    unsure = (plain.winners < 1 - 1e-9) & (plain.winners == plain.shares.largest()) & (plain.values > 0)
    assert unsure.any()
    assert (told.winners[unsure] < plain.winners[unsure] + 1e-9).all()
