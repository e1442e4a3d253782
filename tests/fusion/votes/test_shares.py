import numpy as np
import pytest

from nnunet_deepstaple.fusion.votes.shares import Shares, vote_shares

from ..examples import votes_of


def one_by_one(votes, weights) -> np.ndarray:
    """Shares, pattern by pattern and vote by vote."""
    shares = np.zeros((len(votes.patterns), votes.n_labels))
    for row, pattern in zip(shares, votes.patterns, strict=True):
        speaking = pattern < votes.n_labels
        own = weights if weights[speaking].sum() else np.ones(len(weights))
        for voter in np.flatnonzero(speaking):
            row[pattern[voter]] += own[voter] / own[speaking].sum()
        if not speaking.any():
            row[0] = 1
    return shares


@pytest.mark.parametrize(("n_labels", "abstain"), [(3, False), (3, True), (200, False), (200, True)])
@pytest.mark.parametrize("n_voters", [1, 4, 20])
def test_shares_are_those_of_the_votes(n_labels, abstain, n_voters):
    rng = np.random.default_rng(n_labels)
    patterns = rng.integers(0, n_labels + abstain, (7000 // n_voters, n_voters)).astype(np.uint8)
    weights = rng.dirichlet(np.ones(n_voters))
    weights[: n_voters // 4] = 0
    weights /= weights.sum()
    votes = votes_of(patterns, n_labels=n_labels)
    shares = vote_shares(votes, weights)
    expected = one_by_one(votes, weights)
    np.testing.assert_allclose(np.asarray(shares), expected, atol=1e-12)
    assert np.asarray(shares).shape == shares.shape
    assert len(shares.values) <= patterns.size  # memory grows with the votes, and not with the labels
    some = rng.integers(0, n_labels, len(patterns))
    np.testing.assert_allclose(shares.of_labels(some), expected[np.arange(len(some)), some], atol=1e-12)
    np.testing.assert_allclose(shares.of_label(1), expected[:, 1], atol=1e-12)
    np.testing.assert_allclose(shares.largest(), expected.max(axis=1), atol=1e-12)


def test_a_table_comes_back_as_it_was():
    table = np.array([[0.25, 0, 0.75], [0, 0, 0], [0, 1, 0]])
    shares = Shares.of(table)
    assert np.array_equal(np.asarray(shares), table)
    assert np.array_equal(np.asarray(shares.of_patterns(np.array([2, 0, 0]))), table[[2, 0, 0]])
    assert np.array_equal(np.asarray(shares.only(shares.values > 0.5)), [[0, 0, 0.75], [0, 1, 0]])
    assert np.array_equal(np.asarray(shares.times(2)), 2 * table)
    assert np.array_equal(np.asarray(Shares.single(np.array([2, 0]), 3)), [[0, 0, 1], [1, 0, 0]])
