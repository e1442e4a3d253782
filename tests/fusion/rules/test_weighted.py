import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.fusion.rules.weighted import majority, weighted

from ..examples import candidates, fuse, weights_for

CANDIDATES_AND_WEIGHTS = candidates().flatmap(lambda maps: st.tuples(st.just(maps), weights_for(len(maps))))


def naive(label_maps, weights):
    """The rule voxel by voxel, in the words of the contract."""
    fused = np.zeros_like(label_maps[0])
    for voxel in np.ndindex(fused.shape):
        votes = [int(labels[voxel]) for labels in label_maps]
        share = {label: sum(w for w, vote in zip(weights, votes, strict=True) if vote == label) for label in set(votes)}
        tied = [label for label in share if share[label] > max(share.values()) - 1e-9]
        heaviest = max(w for w, vote in zip(weights, votes, strict=True) if vote in tied)
        fused[voxel] = min(vote for w, vote in zip(weights, votes, strict=True) if vote in tied and w > heaviest - 1e-9)
    return fused


@given(CANDIDATES_AND_WEIGHTS)
def test_is_the_vote_of_each_voxel(case):
    label_maps, weights = case
    assert np.array_equal(fuse(label_maps, weighted, weights)[0], naive(label_maps, weights))


@given(CANDIDATES_AND_WEIGHTS, st.randoms())
def test_order_does_not_matter(case, random):
    label_maps, weights = case
    order = list(range(len(label_maps)))
    random.shuffle(order)
    one, one_answer, _ = fuse(label_maps, weighted, weights)
    other, other_answer, _ = fuse([label_maps[k] for k in order], weighted, weights[order])
    assert np.array_equal(one, other)
    assert np.array_equal(
        np.sort(one_answer.probabilities.max(axis=1)), np.sort(other_answer.probabilities.max(axis=1))
    )


@given(candidates())
def test_equal_weights_are_the_majority(label_maps):
    assert np.array_equal(fuse(label_maps, weighted)[0], fuse(label_maps, majority)[0])


@given(candidates(), st.integers(0, 5))
def test_all_the_weight_wins_everywhere(label_maps, k):
    k %= len(label_maps)
    weights = np.eye(len(label_maps))[k]
    assert np.array_equal(fuse(label_maps, weighted, weights)[0], label_maps[k])


@given(candidates(max_candidates=1))
def test_one_candidate_is_the_consensus(label_maps):
    fused, consensus, _ = fuse(label_maps, weighted)
    assert np.array_equal(fused, label_maps[0])
    assert (consensus.probabilities.max(axis=1) == 1).all()


@given(CANDIDATES_AND_WEIGHTS)
def test_shares_sum_to_one(case):
    _, consensus, _ = fuse(case[0], weighted, case[1])
    assert np.allclose(consensus.probabilities.sum(axis=1), 1)


def test_ties_between_two_that_disagree():
    one, other = np.array([[1, 0, 1]], np.uint8), np.array([[1, 2, 2]], np.uint8)
    assert fuse([one, other], weighted, np.array([0.5, 0.5]))[0].tolist() == [[1, 0, 1]]
    assert fuse([one, other], weighted, np.array([0.4, 0.6]))[0].tolist() == [[1, 2, 2]]
