from functools import partial

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.fusion.rules.staple import staple

from ..examples import fuse, noisy_candidates

on_disputed = partial(staple, disputed_only=True)


def simpleitk_staple(label_maps):
    """ITK's STAPLE: probabilities, sensitivities, specificities, iterations."""
    image_filter = sitk.STAPLEImageFilter()
    image_filter.SetForegroundValue(1.0)
    probabilities = sitk.GetArrayFromImage(image_filter.Execute([sitk.GetImageFromArray(one) for one in label_maps]))
    return (
        probabilities,
        np.array(image_filter.GetSensitivity()),
        np.array(image_filter.GetSpecificity()),
        image_filter.GetElapsedIterations(),
    )


def assert_equals_simpleitk(label_maps):
    fused, consensus, votes = fuse(label_maps, staple)
    probabilities, sensitivity, specificity, _ = simpleitk_staple(label_maps)
    ours = votes.paint(consensus.probabilities[:, 1])
    assert np.abs(ours - probabilities).max() < 1e-6
    decided = np.abs(probabilities - 0.5) > 1e-6
    assert np.array_equal(fused[decided], (probabilities > 0.5)[decided])
    assert np.allclose(consensus.quality["sensitivity"][:, 1], sensitivity, atol=1e-6)
    assert np.allclose(consensus.quality["specificity"][:, 1], specificity, atol=1e-6)


@pytest.mark.parametrize("seed", range(300))
def test_equals_simpleitk(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(side) for side in rng.integers(4, 14, size=3))
    assert_equals_simpleitk(noisy_candidates(rng, int(rng.integers(2, 13)), shape))


@pytest.mark.parametrize("seed", range(60))
def test_equals_simpleitk_on_small_objects_in_large_images(seed):
    rng = np.random.default_rng(seed)
    label_maps = [np.pad(labels, 12) for labels in noisy_candidates(rng, int(rng.integers(2, 11)), (5, 6, 7))]
    assert_equals_simpleitk(label_maps)


@pytest.mark.parametrize("seed", range(40))
def test_equals_simpleitk_where_some_candidates_are_empty(seed):
    rng = np.random.default_rng(seed)
    label_maps = noisy_candidates(rng, 6)
    for k in rng.choice(6, size=int(rng.integers(1, 4)), replace=False):
        label_maps[k][:] = 0
    assert_equals_simpleitk(label_maps)


def test_all_empty_is_empty_where_simpleitk_gives_nan():
    label_maps = [np.zeros((3, 4, 5), np.uint8)] * 3
    assert np.isnan(simpleitk_staple(label_maps)[0]).all()
    fused, consensus, _ = fuse(label_maps, staple)
    assert not fused.any()
    assert np.isnan(consensus.quality["sensitivity"]).sum() == 0  # background is there, and everyone found it


@pytest.mark.parametrize("values", [(0, 2), (0, 255), (0, 2, 255), (0, 5, 65535)])
def test_labels_need_not_be_consecutive(values):
    rng = np.random.default_rng(1)
    label_maps = noisy_candidates(rng, 5, n_labels=len(values))
    renamed = [np.array(values, np.uint16)[labels] for labels in label_maps]
    assert np.array_equal(np.array(values)[fuse(label_maps, staple)[0]], fuse(renamed, staple)[0])


def test_two_certain_candidates_that_contradict_each_other():
    """0/0 in the products of ITK's formulation."""
    label_maps = [np.array([[1, 0, 0, 0]], np.uint8), np.array([[0, 1, 0, 0]], np.uint8)]
    _, consensus, _ = fuse(label_maps, staple)
    assert np.isfinite(consensus.probabilities).all()


def test_three_hundred_candidates_do_not_underflow():
    rng = np.random.default_rng(0)
    fused, consensus, _ = fuse(noisy_candidates(rng, 300, (6, 6, 6)), staple)
    assert np.isfinite(consensus.probabilities).all()
    assert fused.any()


def test_a_poor_candidate_is_seen():
    rng = np.random.default_rng(3)
    truth = np.zeros((12, 12, 12), np.uint8)
    truth[3:9, 3:9, 3:9] = 1
    label_maps = [np.where(rng.random(truth.shape) < 0.03, 1 - truth, truth).astype(np.uint8) for _ in range(4)]
    label_maps.append(np.roll(truth, 5, axis=0))
    fused, consensus, _ = fuse(label_maps, staple)
    assert consensus.quality["sensitivity"][:, 1].argmin() == 4
    assert (fused != truth).mean() < 0.01
    assert consensus.convergence["converged"]


def test_disputed_voxels_do_not_depend_on_the_field_of_view():
    rng = np.random.default_rng(4)
    label_maps = noisy_candidates(rng, 5, n_labels=3)
    wide = [np.pad(labels, 10) for labels in label_maps]
    inside = tuple(slice(10, -10) for _ in range(3))
    assert np.array_equal(fuse(wide, on_disputed)[0][inside], fuse(label_maps, on_disputed)[0])


def test_disputed_voxels_leave_the_others_their_label():
    rng = np.random.default_rng(5)
    label_maps = noisy_candidates(rng, 3)
    fused = fuse(label_maps, on_disputed)[0]
    unanimous = (np.stack(label_maps) == label_maps[0]).all(axis=0)
    assert np.array_equal(fused[unanimous], label_maps[0][unanimous])
    assert np.array_equal(fuse(label_maps[:1] * 3, on_disputed)[0], label_maps[0])


@pytest.mark.parametrize("n_voters", [2, 3, 9])
def test_each_of_many_labels_is_estimated_against_the_rest(n_voters):
    label_maps = noisy_candidates(np.random.default_rng(n_voters), n_voters, n_labels=6)
    _, consensus, votes = fuse(label_maps, staple)
    apart = []
    for label in votes.labels:
        _, binary, of_label = fuse([(one == label).astype(np.uint8) for one in label_maps], staple)
        apart.append(of_label.paint(binary.probabilities[:, 1]))
    expected = np.stack(apart) / np.sum(apart, axis=0)
    expected[expected < 1e-6] = 0
    expected /= expected.sum(axis=0)
    for index, of_label in enumerate(expected):
        np.testing.assert_allclose(votes.paint(consensus.probabilities[:, index]), of_label, atol=1e-9)
