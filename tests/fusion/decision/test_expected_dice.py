from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnunet_deepstaple.fusion.decision.expected_dice import decide_by_dice, hardly_overlap, threshold
from nnunet_deepstaple.fusion.votes.overlap import pairwise_dice

from ..examples import votes_of


def expected_dice(kept: np.ndarray, shares: np.ndarray, counts: np.ndarray) -> float:
    """As the theory approximates it: twice the expected overlap by the expected sum of the volumes."""
    return 2 * (counts * shares)[kept].sum() / max(counts[kept].sum() + (counts * shares).sum(), 1e-12)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.integers(1, 10), st.integers(1, 50)), min_size=1, max_size=7))
def test_no_other_choice_of_voxels_is_better(table):
    shares, counts = np.array([share / 10 for share, _ in table]), np.array([count for _, count in table])
    kept = shares >= threshold(shares, counts) - 1e-12
    best = max(expected_dice(np.array(one), shares, counts) for one in product([True, False], repeat=len(table)))
    assert expected_dice(kept, shares, counts) == pytest.approx(best)


def test_a_label_that_nobody_gave_never_wins():
    patterns, counts = np.array([[0, 0], [1, 0], [0, 1]]), np.array([100, 5, 5])
    shares = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.5, 0.5, 0]])
    assert decide_by_dice(shares, votes_of(patterns, counts, 3)).tolist() == [0, 1, 1]


def test_the_larger_share_wins_where_two_labels_are_worth_it():
    patterns, counts = np.array([[0, 0, 0], [1, 2, 2], [1, 1, 1], [2, 2, 2]]), np.array([100, 10, 1, 1])
    shares = np.array([[1, 0, 0], [0, 1 / 3, 2 / 3], [0, 1, 0], [0, 0, 1]])
    assert decide_by_dice(shares, votes_of(patterns, counts, 3)).tolist() == [0, 2, 1, 2]


@pytest.mark.parametrize(("common", "expected"), [(6, True), (8, False)])
def test_who_hardly_overlaps(common, expected):
    patterns = np.array([[0, 0, 0], [1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    dice = pairwise_dice(votes_of(patterns, [100, common, 10 - common, 10 - common, 10]))
    assert hardly_overlap(dice, np.array([0.5, 0.5, 0])) == expected  # who has no weight, does not count
    assert not hardly_overlap(dice[:1, :1], np.array([1.0]))
