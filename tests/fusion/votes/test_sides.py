import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnunet_deepstaple.fusion.votes.sides import Sides, places_of

PATTERNS = st.tuples(
    st.integers(0, 20), st.integers(1, 70), st.sampled_from([(np.uint8, 255), (np.uint16, 300)])
).flatmap(lambda one: arrays(one[2][0], one[:2], elements=st.sampled_from([0, 1, 2, 7, one[2][1]])))


def one_by_one(patterns):
    """Pattern, label and voters of each side."""
    return [
        (row, label, np.flatnonzero(pattern == label).tolist())
        for row, pattern in enumerate(patterns)
        for label in np.unique(pattern).tolist()
    ]


def listed(sides):
    members = sides.members(slice(None))
    return [
        (row, label, np.flatnonzero(one).tolist())
        for row, label, one in zip(sides.rows.tolist(), sides.labels.tolist(), members, strict=True)
    ]


@given(PATTERNS)
def test_sides_are_those_of_the_votes(patterns):
    for order in "CF":
        assert listed(Sides.of(np.array(patterns, order=order))) == one_by_one(patterns)


def test_votes_are_taken_some_at_a_time(monkeypatch):
    patterns = np.random.default_rng(0).integers(0, 5, (50, 9)).astype(np.uint8)
    monkeypatch.setattr("nnunet_deepstaple.fusion.votes.sides._CHUNK", 20)
    monkeypatch.setattr("nnunet_deepstaple.fusion.votes.sides._LOOKED_UP", 7)
    sides = Sides.of(patterns)
    assert listed(sides) == one_by_one(patterns)
    weights = np.random.default_rng(1).dirichlet(np.ones(9))
    expected = [weights[voters].sum() for _, _, voters in one_by_one(patterns)]
    np.testing.assert_allclose(sides.weight(weights), expected, rtol=1e-14)
    counts = np.arange(50)
    table = [[counts[patterns[:, voter] == label].sum() for label in range(5)] for voter in range(9)]
    assert np.array_equal(sides.counted(slice(None), counts, 5), table)


@pytest.mark.parametrize("scale", [1e-9, 1, 3e5])
def test_weights_are_summed_in_any_order(scale):
    rng = np.random.default_rng(0)
    patterns, weights, order = rng.integers(0, 3, (200, 12)), scale * rng.dirichlet(np.ones(12)), rng.permutation(12)
    one = Sides.of(patterns).weight(weights)
    assert np.array_equal(one, Sides.of(patterns[:, order]).weight(weights[order]))
    everybody = Sides.of(np.zeros((1, 12), int)).weight(weights)
    np.testing.assert_allclose(everybody, weights.sum(), rtol=1e-15)


def test_sides_of_some_patterns_and_of_some_label():
    patterns = np.array([[0, 1, 1], [2, 2, 2], [1, 0, 2]], np.uint8)
    sides = Sides.of(patterns)
    rows = np.array([2, 0, 2])
    assert listed(sides.of_patterns(rows)) == one_by_one(patterns[rows])
    assert [sides.rows[sides.of_label(label)].tolist() for label in range(4)] == [[0, 2], [0, 2], [1, 2], []]


def test_rows_may_fill_their_type():
    places, starts = places_of(np.arange(0, 2 * 257, 2), np.array([255, 0], np.uint8))
    assert (places.tolist(), starts.tolist()) == ([510, 511, 0, 1], [0, 2, 4])
