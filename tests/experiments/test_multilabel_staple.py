import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from scripts.experiments.common.multilabel_staple import multilabel_staple

from ..fusion.examples import fuse, noisy_candidates


@pytest.mark.parametrize("seed", range(40))
def test_equals_simpleitk(seed):
    rng = np.random.default_rng(seed)
    label_maps = noisy_candidates(rng, int(rng.integers(3, 9)), n_labels=int(rng.integers(2, 5)))
    fused = fuse(label_maps, multilabel_staple)[0]
    image_filter = sitk.MultiLabelSTAPLEImageFilter()
    theirs = sitk.GetArrayFromImage(image_filter.Execute([sitk.GetImageFromArray(one) for one in label_maps]))
    decided = theirs <= np.max(label_maps)  # ITK makes a new label of exact ties
    assert (fused[decided] == theirs[decided]).mean() > 0.99  # it also seeds the confusion matrices with them


def test_confused_labels_are_told_apart():
    """A candidate that swaps two labels throughout is as informative as one that does not."""
    rng = np.random.default_rng(0)
    truth = np.zeros((10, 10, 10), np.uint8)
    truth[2:5], truth[5:8] = 1, 2
    label_maps = [np.where(rng.random(truth.shape) < 0.2, rng.integers(0, 3, truth.shape), truth) for _ in range(5)]
    swapped = np.array([0, 2, 1], np.uint8)[truth]
    fused, consensus, _ = fuse([*(labels.astype(np.uint8) for labels in label_maps), swapped], multilabel_staple)
    assert (fused == truth).mean() > 0.99
    assert consensus.quality["sensitivity"][5, 1:].max() < 0.1
