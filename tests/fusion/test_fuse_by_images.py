"""Atlases' images in one call, without files."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion import fuse, fuse_by_images

from ..warped_atlases import anatomy, warped

SHAPE = (18, 22, 20)


@pytest.fixture
def atlases() -> tuple[np.ndarray, np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """The target, its true labels, and labels and images of five warped atlases."""
    image, truth = anatomy(SHAPE, 3)
    return image, truth, [warped(truth, seed, 0) for seed in range(5)], [warped(image, seed, 1) for seed in range(5)]


@pytest.mark.parametrize("features", ["mind", "intensity"])
def test_images_make_labels_better(atlases, features):
    image, truth, label_maps, images = atlases
    by_images = fuse_by_images(label_maps, image, images, features)
    assert (by_images.labels != truth).sum() < 0.8 * (fuse(label_maps).labels != truth).sum()
    assert np.allclose(sum(by_images.share(label) for label in (0, 1, 2)), 1, atol=1e-5)


def test_images_of_simpleitk_bring_their_spacing(atlases):
    image, _, label_maps, images = atlases
    of_sitk = [[sitk.GetImageFromArray(one) for one in arrays] for arrays in ([image], label_maps, images)]
    for one in (one for some in of_sitk for one in some):
        one.SetSpacing((1.0, 1.0, 4.0))
    flat = fuse_by_images(of_sitk[1], of_sitk[0][0], of_sitk[2]).labels
    assert np.array_equal(flat, fuse_by_images(label_maps, image, images, spacing=(4.0, 1.0, 1.0)).labels)
    assert not np.array_equal(flat, fuse_by_images(label_maps, image, images).labels)


def test_where_nobody_differs_nothing_changes(atlases):
    image, truth, _, images = atlases
    assert np.array_equal(fuse_by_images([truth] * 5, image, images).labels, truth)


def test_what_does_not_fit_is_told(atlases):
    image, _, label_maps, images = atlases
    with pytest.raises(InputError, match="warp it to their grid"):
        fuse_by_images(label_maps, image[1:], images)
    with pytest.raises(InputError, match="4 atlas images; give one for each of the 5"):
        fuse_by_images(label_maps, image, images[1:])
    with pytest.raises(InputError, match="choose one of intensity, mind"):
        fuse_by_images(label_maps, image, images, "colour")
    with pytest.raises(InputError, match="NaN"):
        fuse_by_images(label_maps, image * np.float32("nan"), images)
