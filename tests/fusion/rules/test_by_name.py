"""What holds for every rule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnunet_deepstaple.fusion.rules.by_name import RULES
from scripts.experiments.common.multilabel_staple import multilabel_staple

from ..examples import candidates, fuse, noisy_candidates

ALL = {**RULES, "multilabel_staple": multilabel_staple}
each_rule = pytest.mark.parametrize("rule", ALL.values(), ids=ALL)


@each_rule
@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_matter(rule, n_labels, seed):
    rng = np.random.default_rng(seed)
    label_maps = noisy_candidates(rng, 7, n_labels=n_labels)
    order = rng.permutation(7)
    one, answer, _ = fuse(label_maps, rule)
    other, shuffled, _ = fuse([label_maps[k] for k in order], rule)
    assert np.array_equal(one, other)
    for name, quality in answer.quality.items():
        assert np.allclose(quality[order], shuffled.quality[name], atol=1e-6)


@each_rule
@given(label_maps=candidates(values=(0, 1, 2)))
@settings(max_examples=40)
def test_renaming_labels_commutes(rule, label_maps):
    names = np.array([0, 7, 300], np.uint16)  # order kept, since the smallest wins ties
    fused = fuse(label_maps, rule)[0]
    assert np.array_equal(names[fused], fuse([names[labels] for labels in label_maps], rule)[0])


@each_rule
@given(labels=candidates(max_candidates=1))
@settings(max_examples=40)
def test_one_candidate_is_the_consensus(rule, labels):
    assert np.array_equal(fuse(labels, rule)[0], labels[0])


@each_rule
@given(labels=candidates(max_candidates=1), count=st.integers(2, 5))
@settings(max_examples=40)
def test_what_all_agree_on_is_the_consensus(rule, labels, count):
    assert np.array_equal(fuse(labels * count, rule)[0], labels[0])


@each_rule
@given(label_maps=candidates())
@settings(max_examples=40)
def test_probabilities(rule, label_maps):
    fused, consensus, votes = fuse(label_maps, rule)
    assert consensus.probabilities.shape == (len(votes.patterns), len(votes.labels))
    assert np.isfinite(consensus.probabilities).all()
    assert np.allclose(consensus.probabilities.sum(axis=1), 1)
    assert set(np.unique(fused)) <= {0} | {int(v) for labels in label_maps for v in np.unique(labels)}


@each_rule
@given(label_maps=candidates(max_side=4), pad=st.integers(1, 6))
@settings(max_examples=40)
def test_vote_rules_do_not_see_the_background_around(rule, label_maps, pad):
    if rule not in (RULES["majority"], RULES["weighted"], RULES["simple"]):
        return  # STAPLE's prior is image-wide
    wide = [np.pad(labels, pad) for labels in label_maps]
    inside = tuple(slice(pad, -pad) for _ in label_maps[0].shape)
    assert np.array_equal(fuse(wide, rule)[0][inside], fuse(label_maps, rule)[0])


@each_rule
@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 5)])
def test_all_empty(rule, shape):
    fused, consensus, _ = fuse([np.zeros(shape, np.uint8)] * 3, rule)
    assert not fused.any()
    assert consensus.probabilities.tolist() == [[1.0]]


@each_rule
def test_all_full(rule):
    fused, consensus, _ = fuse([np.full((3, 4), 2, np.uint8)] * 3, rule)
    assert (fused == 2).all()
    assert np.isfinite(consensus.probabilities).all()


@each_rule
def test_a_hundred_candidates(rule):
    rng = np.random.default_rng(0)
    label_maps = noisy_candidates(rng, 100, shape=(6, 7, 8), n_labels=3)
    fused, consensus, _ = fuse(label_maps, rule)
    assert np.isfinite(consensus.probabilities).all()
    assert set(np.unique(fused)) == {0, 1, 2}
