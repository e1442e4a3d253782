import numpy as np

from nnunet_deepstaple.fusion.decision import argmax
from nnunet_deepstaple.fusion.decision.argmax import decide, lead_of, winning_shares
from nnunet_deepstaple.fusion.votes.shares import vote_shares
from nnunet_deepstaple.fusion.votes.votes import merge_equal

from ..examples import votes_of


def test_the_largest_probability_wins():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]])
    assert decide(probabilities, votes_of([[0, 1, 2], [0, 1, 2]], n_labels=3)).tolist() == [1, 0]


def test_a_tie_goes_to_the_heaviest_candidate():
    weights = np.array([0.25, 0.25, 0.5])
    assert decide(np.array([[0.5, 0.5]]), votes_of([[0, 0, 1]], n_labels=2), weights).tolist() == [1]
    assert decide(np.array([[0.5, 0.5]]), votes_of([[1, 1, 0]], n_labels=2), weights).tolist() == [0]


def test_then_to_the_smallest_label():
    weights = np.full(4, 0.25)
    assert decide(np.array([[0, 0.5, 0.5]]), votes_of([[2, 2, 1, 1]], n_labels=3), weights).tolist() == [1]
    assert decide(np.array([[0, 0.5, 0.5]]), votes_of([[2, 2, 1, 1]], n_labels=3)).tolist() == [1]


def test_float_noise_does_not_break_a_tie():
    noisy = 0.1 + 0.2  # 0.30000000000000004
    assert decide(np.array([[0.3, noisy, 0.4 - noisy]]), votes_of([[0, 1, 2]], n_labels=3)).tolist() == [0]


def test_the_heaviest_candidate_counts_only_if_its_label_is_tied():
    patterns, weights = np.array([[0, 1, 1, 2, 2]]), np.array([0.3, 0.2, 0.15, 0.3, 0.05])
    shares = np.array([[0.3, 0.35, 0.35]])
    assert decide(shares, votes_of(patterns, n_labels=3), weights).tolist() == [2]


def test_merge_equal():
    patterns = np.array([[True, False], [False, False], [True, False], [True, True]])
    merged, counts, rows = merge_equal(patterns, np.array([1, 2, 4, 8]))
    assert len(merged) == 3
    assert np.array_equal(merged[rows], patterns)
    assert counts[rows].tolist() == [5, 2, 5, 8]


def test_some_patterns_at_a_time_give_the_same_as_all(monkeypatch):
    random = np.random.default_rng(0)
    patterns, weights = random.integers(0, 4, (200, 5)), np.array([0.3, 0.2, 0.2, 0.2, 0.1])
    votes = votes_of(patterns, n_labels=4)
    shares = vote_shares(votes, weights)
    labels, rows = decide(shares, votes, weights), np.arange(0, 200, 3)
    winning = winning_shares(shares, votes, weights)
    lead = lead_of(shares, winning)
    monkeypatch.setattr(argmax, "_CHUNK", 7)
    assert np.array_equal(decide(shares, votes, weights), labels)
    assert np.array_equal(decide(shares.of_patterns(rows), votes, weights, rows), labels[rows])
    assert np.array_equal(lead_of(shares, winning), lead)
    smaller, largest = np.sort(np.asarray(shares), axis=1)[:, -2:].T
    assert np.allclose(lead, largest - smaller)
