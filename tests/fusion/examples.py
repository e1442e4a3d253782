"""Candidates for tests: random ones, and strategies for hypothesis."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nnunet_deepstaple.fusion.decision.consensus import Consensus
from nnunet_deepstaple.fusion.rules.rule import Rule
from nnunet_deepstaple.fusion.votes import VoteMap, Votes, collect_votes
from nnunet_deepstaple.fusion.weights.weights import Weights


def candidates(max_candidates=6, values=(0, 1, 2, 5), max_side=5):
    """Lists of label maps of one shape, 2D or 3D."""

    def of_shape(shape):
        label_map = hnp.arrays(np.uint8, shape, elements=st.sampled_from(values))
        return st.lists(label_map, min_size=1, max_size=max_candidates)

    return hnp.array_shapes(min_dims=2, max_dims=3, max_side=max_side).flatmap(of_shape)


def weights_for(count):
    return st.lists(st.floats(0.01, 1), min_size=count, max_size=count).map(lambda w: np.array(w) / sum(w))


def noisy_candidates(rng: np.random.Generator, count: int, shape=(8, 9, 10), n_labels=2) -> list[np.ndarray]:
    """Candidates of one truth, each with its own rate of wrong voxels."""
    truth = np.zeros(shape, np.uint8)
    for label in range(1, n_labels):
        corner = [rng.integers(0, side // 2) for side in shape]
        truth[tuple(slice(start, start + side // 2) for start, side in zip(corner, shape, strict=True))] = label
    found = []
    for _ in range(count):
        wrong = rng.random(shape) < rng.uniform(0.02, 0.35)
        found.append(np.where(wrong, rng.integers(0, n_labels, shape), truth).astype(np.uint8))
    return found


def equal_weights(count: int) -> np.ndarray:
    return np.full(count, 1 / count)


def votes_of(patterns, counts=None, n_labels: int = 2) -> Votes:
    """Votes as a table; without counts, each pattern stands in one voxel."""
    patterns = np.array(patterns)
    counts = np.ones(len(patterns), np.int64) if counts is None else np.array(counts)
    return Votes(np.arange(n_labels, dtype=np.uint16), patterns, counts)


def fuse(label_maps, rule: Rule, weights=None) -> tuple[np.ndarray, Consensus, VoteMap]:
    """Fused label map, the rule's answer, and the votes."""
    votes = collect_votes(label_maps)
    consensus = rule(votes, None if weights is None else Weights(weights))
    return votes.paint(votes.labels[consensus.labels]), consensus, votes


def voters_of_an_easy_and_a_hard_structure() -> Votes:
    """Four voters mark both structures, four the easy one, four the hard one; on each, all are equally good."""
    rng = np.random.default_rng(0)
    truth = np.zeros((60, 60), np.uint8)
    truth[5:25, 5:55], truth[35:55, 5:55] = 1, 2

    def voter(*marked: int) -> np.ndarray:
        missed = rng.random(truth.shape) < np.where(truth == 2, 0.35, 0.02)
        extra = (truth == 0) & (rng.random(truth.shape) < 0.1)
        labels = np.where(extra, 2, np.where(missed, 0, truth))
        return np.where(np.isin(labels, marked), labels, 0).astype(np.uint8)

    easy = {0: frozenset({0, 2}), 1: frozenset({1})}
    hard = {0: frozenset({0, 1}), 2: frozenset({2})}
    maps = [voter(1, 2) for _ in range(4)] + [voter(1) for _ in range(4)] + [voter(2) for _ in range(4)]
    return collect_votes(maps, meanings=[None] * 4 + [easy] * 4 + [hard] * 4)
