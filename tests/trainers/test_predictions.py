import numpy as np

from nnunet_deepstaple.trainers.predictions import label_shares


def test_classes_have_the_shares_they_are_given() -> None:
    probabilities = np.array([[0.7, 0.1], [0.2, 0.3], [0.1, 0.6]])
    shares = label_shares(probabilities, None)
    assert list(shares) == [0, 1, 2]
    np.testing.assert_array_equal(np.stack(list(shares.values())), probabilities)


def test_a_region_has_what_those_painted_over_it_leave() -> None:
    """The whole is painted as 2, then its core as 1: a voxel of the core is no longer one of the rest."""
    shares = label_shares(np.array([[0.9, 0.6], [0.2, 0.6]]), [2, 1])
    assert list(shares) == [1, 2]
    np.testing.assert_allclose(shares[1], [0.2, 0.6])
    np.testing.assert_allclose(shares[2], [0.9 * 0.8, 0.6 * 0.4])


def test_two_regions_may_paint_one_label() -> None:
    shares = label_shares(np.array([[0.5], [0.5]]), [3, 3])
    np.testing.assert_allclose(shares[3], 0.75)
