import numpy as np
import pytest

from nnunet_deepstaple.fusion.rules.weighted import spectral
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import pairwise_dice
from nnunet_deepstaple.fusion.weights.dependence import FEWEST, dependence, groups, independence
from nnunet_deepstaple.fusion.weights.spectral import spectral_weights
from nnunet_deepstaple.fusion.weights.weights import effective_number

from ..examples import fuse

RATES = (0.05, 0.1, 0.12, 0.15, 0.18, 0.2, 0.22, 0.25)


def independent(rng, rates=RATES):
    truth = rng.random((20, 20, 20)) < 0.4
    return truth, [truth ^ (rng.random(truth.shape) < rate) for rate in rates]


def near_copies(rng, label_map, count, rate=0.02):
    return [label_map ^ (rng.random(label_map.shape) < rate) for _ in range(count)]


def dice_of(label_maps):
    return pairwise_dice(collect_votes([one.astype(np.uint8) for one in label_maps]))


def test_independent_voters_of_unequal_quality_are_independent():
    _, maps = independent(np.random.default_rng(0))
    assert np.array_equal(dependence(dice_of(maps)), np.eye(len(maps)))


def test_a_group_of_near_copies_is_found_and_has_about_one_vote():
    rng = np.random.default_rng(0)
    _, maps = independent(rng)
    found = dependence(dice_of([*maps, *near_copies(rng, maps[-1], 4)]))
    assert groups(found) == [[7, 8, 9, 10, 11]]
    assert independence(found)[7:].sum() == pytest.approx(1, abs=0.2)
    assert (found[:7, :7] == np.eye(7)).all()


def test_two_groups_are_told_apart():
    rng = np.random.default_rng(1)
    _, maps = independent(rng)
    found = dependence(dice_of([*maps, *near_copies(rng, maps[6], 2), *near_copies(rng, maps[7], 2)]))
    assert groups(found) == [[6, 8, 9], [7, 10, 11]]


def test_who_repeats_one_of_a_group_repeats_the_group():
    chain = np.array([[1, 0.9, 0.2], [0.9, 1, 0.9], [0.2, 0.9, 1]])
    rest = np.eye(3)
    dice = np.full((9, 9), 0.5)
    dice[:3, :3] = 0.5 + 0.5 * chain
    dice[3:6, 3:6] = np.maximum(rest, 0.5)
    np.fill_diagonal(dice, 1)
    found = dependence(dice)
    assert found[0, 2] == min(found[0, 1], found[1, 2]) == 1


def test_few_voters_are_taken_for_independent_but_equal_ones_for_one():
    rng = np.random.default_rng(0)
    _, maps = independent(rng, RATES[: FEWEST - 2])
    near, equal = maps[0] ^ (rng.random(maps[0].shape) < 0.01), maps[0]
    assert np.array_equal(dependence(dice_of([*maps, near])), np.eye(FEWEST - 1))
    assert groups(dependence(dice_of([*maps, equal]))) == [[0, FEWEST - 2]]


@pytest.mark.parametrize("others", [1, 5])
def test_voters_that_find_nothing_do_not_repeat_each_other(others):
    _, maps = independent(np.random.default_rng(0), RATES[:others])
    nothing = np.zeros_like(maps[0])
    found = dependence(dice_of([*maps, nothing, nothing, nothing]))
    assert np.array_equal(found, np.eye(others + 3))


def test_good_voters_among_as_many_poor_ones_are_no_copies():
    dice = np.full((10, 10), 0.15)
    dice[:5, :5], dice[5:, 5:] = 0.75, 0.3
    np.fill_diagonal(dice, 1)
    assert np.array_equal(dependence(dice), np.eye(10))


def test_equal_label_maps_of_few_voters_count_once():
    _, maps = independent(np.random.default_rng(0), (0.1, 0.12, 0.3))
    weights = spectral_weights(dice_of([*maps, maps[2]])).of_voters
    np.testing.assert_allclose(weights[2] + weights[3], spectral_weights(dice_of(maps)).of_voters[2], atol=1e-9)


@pytest.mark.parametrize("copied", [0, 4, 7])
def test_exact_copies_change_no_share(copied):
    _, maps = independent(np.random.default_rng(2))
    plain = spectral_weights(dice_of(maps)).of_voters
    weights = spectral_weights(dice_of([*maps, *[maps[copied]] * 3])).of_voters
    merged = weights[: len(maps)].copy()
    merged[copied] += weights[len(maps) :].sum()
    np.testing.assert_allclose(merged, plain, atol=1e-9)


def test_copies_of_the_worst_do_not_win():
    rng = np.random.default_rng(3)
    truth, maps = independent(rng, (0.1,) * 8 + (0.35,))
    fused, consensus, _ = fuse([one.astype(np.uint8) for one in [*maps, *near_copies(rng, maps[-1], 5)]], spectral)
    assert (fused.astype(bool) == truth).mean() > 0.99
    assert consensus.dependence is not None
    assert effective_number(consensus.weights, consensus.dependence) < 9.5


def test_effective_number_counts_copies_once():
    weights = np.array([0.25, 0.25, 0.25, 0.25])
    together = np.eye(4)
    together[:2, :2] = 1
    assert effective_number(weights) == pytest.approx(4)
    assert effective_number(weights, together) == pytest.approx(1 / (6 / 16))


def test_the_answer_does_not_depend_on_the_order():
    rng = np.random.default_rng(4)
    _, maps = independent(rng)
    dice = dice_of([*maps, *near_copies(rng, maps[2], 2)])
    order = rng.permutation(len(dice))
    np.testing.assert_allclose(dependence(dice)[np.ix_(order, order)], dependence(dice[np.ix_(order, order)]))
