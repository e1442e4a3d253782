import itertools

import numpy as np

from nnunet_deepstaple.ranking.measure import ImageMeasures, Measured
from nnunet_deepstaple.ranking.oddities import thumbnail
from nnunet_deepstaple.ranking.pair_means import PairMeans

KEPT = ImageMeasures({}, {}, thumbnail(np.ones((4, 4), bool)), {}, {}, judged=False)


def test_means_are_the_same_in_any_order():
    rng = np.random.default_rng(0)
    images = [Measured(KEPT, *rng.random((2, 3, 3), np.float32), []) for _ in range(4)]
    images[0].pairs[0, 1] = np.nan
    found = set()
    for order in itertools.permutations(images):
        means = PairMeans(["a", "b", "c"])
        for one in order:
            means.add(["c", "a", "b"], one)
        found.add((means.pairs.tobytes(), means.together.tobytes()))
    assert len(found) == 1
    np.testing.assert_allclose(means.pairs[2, 0], np.mean([one.pairs[0, 1] for one in images[1:]]), atol=1e-7)
    np.testing.assert_allclose(means.pairs[1, 1], np.mean([one.pairs[2, 2] for one in images]), atol=1e-7)


def test_a_pair_without_an_image_is_unknown():
    means = PairMeans(["a", "b", "c"])
    means.add(["a", "b"], Measured(KEPT, *np.ones((2, 2, 2), np.float32), []))
    assert means.pairs[0, 1] == 1
    assert np.isnan(means.pairs[2]).all()
