import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.weights.scores import KINDS, TEMPERATURES, weights_of
from nnunet_deepstaple.fusion.weights.weights import effective_number

SCORES = st.lists(st.floats(0.01, 1), min_size=1, max_size=8).map(np.array)


@given(SCORES, st.sampled_from(KINDS), st.floats(0, 20))
def test_weights_sum_to_one_and_follow_the_scores(scores, kind, temperature):
    weights = weights_of(scores, kind, temperature)
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert (np.diff(weights[np.argsort(scores)]) >= -1e-12).all()


@given(SCORES, st.sampled_from(KINDS), st.randoms())
def test_order_does_not_matter(scores, kind, random):
    order = list(range(len(scores)))
    random.shuffle(order)
    assert np.array_equal(weights_of(scores[order], kind), weights_of(scores, kind)[order])


def test_softmax_standardises_within_the_image():
    scores = np.array([0.1, 0.2, 0.6])
    z = (scores - scores.mean()) / scores.std()
    assert weights_of(scores, "softmax", 2) == pytest.approx(np.exp(2 * z) / np.exp(2 * z).sum())
    assert weights_of(100 * scores + 5, "softmax", 2) == pytest.approx(weights_of(scores, "softmax", 2))


def test_power():
    assert weights_of(np.array([1.0, 2.0, 3.0]), "power", 2) == pytest.approx(np.array([1, 4, 9]) / 14)


def test_paper_is_the_softmax_of_the_raw_score():
    scores = np.array([-1.0, 0.5, 2.0])
    assert weights_of(scores, "paper") == pytest.approx(np.exp(scores) / np.exp(scores).sum())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("score", [0.0, 0.1, 0.7, 123456.789])
def test_equal_scores_give_equal_weights(kind, score):
    assert weights_of(np.full(7, score), kind, 50) == pytest.approx(np.full(7, 1 / 7))


@pytest.mark.parametrize("kind", ["softmax", "power"])
def test_temperature_zero_gives_equal_weights(kind):
    assert weights_of(np.array([0.0, 0.4, 0.9]), kind, 0) == pytest.approx(np.full(3, 1 / 3))


def test_large_scores_do_not_overflow():
    assert weights_of(np.array([1e6, 0.0]), "paper").tolist() == [1, 0]
    assert weights_of(np.array([1e300, 1e299]), "power", 300) == pytest.approx([1, 0])


def test_power_needs_scores_of_zero_and_more():
    with pytest.raises(InputError, match=r"-0\.5"):
        weights_of(np.array([0.3, -0.5]), "power")


def test_unknown_kind():
    with pytest.raises(InputError, match="softmax, power, paper"):
        weights_of(np.ones(2), "rank")


def test_temperature_of_each_kind():
    scores = np.array([0.2, 0.5, 0.9])
    for kind, temperature in TEMPERATURES.items():
        assert weights_of(scores, kind).tolist() == weights_of(scores, kind, temperature).tolist()


def test_effective_number():
    assert effective_number(np.full(10, 0.1)) == pytest.approx(10)
    assert effective_number(np.array([1.0, 0, 0])) == 1
