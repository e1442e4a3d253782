import numpy as np

from nnunet_deepstaple.ranking.groups import groups, rank_intervals, ranks


def test_ranks_begin_with_the_largest_and_unknown_ones_come_last():
    assert ranks(np.array([0.2, np.nan, 0.9, 0.5])).tolist() == [3, 4, 1, 2]


def test_sources_far_apart_are_groups_and_those_near_are_one():
    dice = np.array([0.9, 0.89, 0.6, 0.59, np.nan])
    draws = dice + np.random.default_rng(0).normal(0, 0.02, (1000, 5))
    assert groups(dice, draws).tolist() == [1, 1, 2, 2, 0]


def test_groups_do_not_mix_in_the_table():
    dice = np.array([0.9, 0.88, 0.7, 0.69, 0.5])
    spread = np.array([0.01, 0.01, 0.01, 0.2, 0.01])  # the fourth may be anything
    draws = dice + np.random.default_rng(0).normal(0, 1, (1000, 5)) * spread
    assert groups(dice, draws).tolist() == [1, 1, 2, 2, 3]


def test_what_all_draws_share_does_not_join_groups():
    dice = np.array([0.9, 0.85])
    rng = np.random.default_rng(0)
    draws = dice + rng.normal(0, 0.1, (1000, 1)) + rng.normal(0, 0.005, (1000, 2))
    assert groups(dice, draws).tolist() == [1, 2]
    assert rank_intervals(draws).tolist() == [[1, 2], [1, 2]]


def test_equal_sources_are_rarely_told_apart_however_many():
    rng = np.random.default_rng(1)
    apart = 0
    for _ in range(100):
        estimates = 0.8 + rng.normal(0, 0.01, 30)
        apart += (groups(estimates, estimates + rng.normal(0, 0.01, (400, 30))) != 1).any()
    assert apart <= 12  # 5 % and what chance adds; without a correction it would be nearly always


def test_one_source_is_one_group():
    assert groups(np.array([0.5]), np.full((10, 1), 0.5)).tolist() == [1]
