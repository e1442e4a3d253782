import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnunet_deepstaple.fusion.votes.partial_shares import partial_shares

SINGLE = np.eye(3, dtype=bool)
SETS = np.vstack([SINGLE, [[True, True, False]], [[True, False, True]], [[False, True, True]]])
"""Background, one, two; one or background, two or background, one or two."""


def shares(**weights):
    names = ("background", "one", "two", "not_two", "not_one", "either")
    return partial_shares(np.array([[weights.get(name, 0.0) for name in names]]), SETS)[0]


def test_votes_for_single_labels_are_counted_as_they_are():
    votes = np.random.default_rng(0).dirichlet([1, 1, 1], 50)
    np.testing.assert_array_equal(partial_shares(votes, SINGLE), votes / votes.sum(axis=1, keepdims=True))


def test_who_does_not_look_for_a_label_does_not_speak_against_it():
    np.testing.assert_allclose(shares(one=0.5, not_two=0.5), [0, 1, 0], atol=1e-6)


def test_votes_of_each_label_are_counted_among_those_who_looked_for_it():
    """Five look for one: three say so; five look for two, and none says so."""
    np.testing.assert_allclose(shares(one=0.3, not_one=0.2, not_two=0.5), [0.4, 0.6, 0], atol=1e-5)


def test_a_whole_is_divided_as_those_divide_it_who_tell_its_parts():
    """By hand: p1 + p2 = 0.9, of which those who tell them give a third and two thirds."""
    np.testing.assert_allclose(shares(either=0.6, one=0.1, two=0.2, background=0.1), [0.1, 0.3, 0.6], atol=1e-6)


def test_a_whole_that_nobody_divides_is_divided_alike():
    np.testing.assert_allclose(shares(either=1.0), [0, 0.5, 0.5])


def test_nobody_says_anything_but_background():
    np.testing.assert_allclose(shares(not_two=0.5, not_one=0.5), [1, 0, 0])
    np.testing.assert_allclose(shares(), [1, 0, 0])


@pytest.mark.parametrize("weight", [0.9, 0.99, 0.9999])
def test_heavy_votes_that_say_little_leave_the_rest_to_light_ones(weight):
    np.testing.assert_allclose(shares(two=1 - weight, not_one=weight), [0, 0, 1], atol=1e-5)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=6, max_size=6))
def test_shares_are_a_fixed_point(weights):
    votes = np.array(weights) / sum(weights)
    found = partial_shares(votes[np.newaxis], SETS)[0]
    step = found * ((votes / (SETS @ found)) @ SETS)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(step, found, atol=1e-5)
