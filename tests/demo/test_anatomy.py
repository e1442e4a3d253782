import numpy as np
import pytest
from scipy.ndimage import label as connected_components

from nnunet_deepstaple.demo import anatomy
from nnunet_deepstaple.demo.anatomy import LABELS, SIZE, draw_candidate, draw_subject, image_of, labels_of, smooth_field


@pytest.fixture
def random():
    return np.random.default_rng(7)


def test_subjects_have_every_structure_in_one_piece(random):
    for _ in range(5):
        labels = labels_of(draw_subject(random))
        assert labels.shape == SIZE
        assert labels.dtype == np.uint8
        for value in LABELS.values():
            assert np.count_nonzero(labels == value) > 100
        _, pieces = connected_components(labels == LABELS["core"])
        assert pieces == 1


def test_deformations_are_smooth_and_as_large_as_asked(random):
    field = smooth_field(random, amplitude=2.0)
    assert field.shape == (3, *SIZE)
    assert field.std() == pytest.approx(2.0, rel=1e-3)
    assert np.abs(np.diff(field, axis=1)).max() < 2.0


def test_structures_stand_out_in_the_image(random):
    subject = draw_subject(random)
    image = image_of(subject, random)
    labels = labels_of(subject)
    means = {name: image[labels == value].mean() for name, value in LABELS.items()}
    assert means["core"] < means["background"] < means["tail"] < means["head"]


def test_images_of_one_subject_differ_by_noise_only_when_seeds_differ(random):
    subject = draw_subject(random)
    first, again, other = (image_of(subject, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).mean() > 1


def test_candidates_are_of_mixed_quality(random):
    subject, atlas = draw_subject(random), draw_subject(random)
    truth = labels_of(subject) > 0
    overlaps = []
    for _ in range(40):
        candidate = draw_candidate(subject, atlas, random)
        assert candidate.shape == SIZE
        assert candidate.dtype == np.uint8
        assert set(np.unique(candidate)) <= set(LABELS.values())
        overlaps.append(2 * np.count_nonzero(truth & (candidate > 0)) / (truth.sum() + np.count_nonzero(candidate)))
    assert min(overlaps) < 0.5
    assert max(overlaps) > 0.8


@pytest.mark.parametrize("spoil", [anatomy._shifted, anatomy._rotated, anatomy._swapped, anatomy._shrunken])
def test_gross_failures_hardly_agree_with_what_they_spoil(random, spoil):
    labels = labels_of(draw_subject(random))
    spoilt = spoil(labels, random)
    assert spoilt.shape == labels.shape
    assert spoilt.dtype == labels.dtype
    assert np.count_nonzero(spoilt) > 0
    same = np.count_nonzero((spoilt == labels) & (labels > 0))
    assert same < 0.6 * np.count_nonzero(labels)
