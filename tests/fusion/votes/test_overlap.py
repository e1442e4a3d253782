import numpy as np
import pytest

from nnunet_deepstaple.fusion.votes.overlap import dice_with, pairwise_dice, volumes_of

from ..examples import votes_of


def dice_one_by_one(one, other, counts, n_labels) -> float:
    """Mean Dice of two columns of votes, label by label, where both say something."""
    heard = counts * (one < n_labels) * (other < n_labels)
    found = []
    for label in range(1, n_labels):
        total = heard @ (one == label) + heard @ (other == label)
        if total:
            found.append(2 * (heard @ ((one == label) & (other == label))) / total)
    return float(np.mean(found)) if found else 1.0


@pytest.mark.parametrize("abstain", [False, True])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("n_labels", [3, 130])
def test_overlaps_are_those_of_each_label(n_labels, single, abstain):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, n_labels, (900, 1))
    said = np.where(rng.random((900, 6)) < 0.5, truth, rng.integers(0, n_labels + abstain, (900, 6)))
    counts = np.ones(900, np.int64) if single else rng.integers(0, 1 << 26, 900)
    votes = votes_of(said.astype(np.uint8), counts, n_labels)
    found = pairwise_dice(votes)
    for one, other in zip(*np.triu_indices(6, 1), strict=True):
        expected = dice_one_by_one(said[:, one], said[:, other], counts, n_labels)
        assert found[one, other] == found[other, one] == pytest.approx(expected, abs=1e-12)
    with_truth = [dice_one_by_one(one, truth[:, 0], counts, n_labels) for one in said.T]
    np.testing.assert_allclose(dice_with(votes, truth[:, 0]), with_truth, atol=1e-12)
    volumes = [[counts @ (one == label) for label in range(n_labels)] for one in said.T]
    assert np.array_equal(volumes_of(votes), volumes)
