import itertools

import numpy as np
import pytest
from scipy import ndimage

from nnunet_deepstaple.fusion.weights import features
from nnunet_deepstaple.fusion.weights.features import differing_bits, differing_steps, features_named, in_voxels, mind

SHAPE = (12, 14, 13)


@pytest.fixture
def image() -> np.ndarray:
    return ndimage.gaussian_filter(np.random.default_rng(0).random(SHAPE, np.float32), 1)


def plain_mind(image: np.ndarray, radius: int, distance: int) -> np.ndarray:
    """Channels of MIND-SSC as the paper says, (12, z, y, x), in steps of 1/6 from 0 to 5."""
    neighbours = [np.roll((sign * distance, 0, 0), axis) for axis, sign in itertools.product(range(3), (-1, 1))]
    wide = np.pad(image.astype(float), 2 * distance, mode="edge")
    shifted = [
        ndimage.shift(wide, -np.array(shift), order=0, mode="nearest")[(slice(2 * distance, -2 * distance),) * 3]
        for shift in neighbours
    ]
    distances = np.array(
        [
            ndimage.uniform_filter((shifted[a] - shifted[b]) ** 2, 2 * radius + 1, mode="nearest")
            for a, b in itertools.combinations(range(6), 2)
            if np.linalg.norm(neighbours[a] - neighbours[b]) < 2 * distance
        ]
    )
    distances -= distances.min(axis=0)
    variance = distances.mean(axis=0)
    return np.minimum(np.floor(6 * np.exp(-distances / variance)), 5)


def test_differing_bits_are_the_differences_of_minds_channels(image):
    other = image[::-1] ** 2
    bits = differing_bits(*(mind(one, 0.0, (1, 1, 1), (2, 2, 2)) for one in (image, other)))
    plain = np.abs(plain_mind(image, 1, 2) - plain_mind(other, 1, 2)).sum(axis=0)
    assert (bits != plain).mean() < 0.01  # float32 at the edge of a step
    assert np.abs(bits - plain).max() <= 2
    assert bits.mean() > 5


def test_mind_knows_no_contrast(image):
    one, other = (mind(values, 0.0, (1, 1, 1), (2, 2, 2)) for values in (image, 7 - 3 * image))
    assert differing_bits(one, other).mean() < 0.05


def test_bits_are_counted_without_numpy_2(image, monkeypatch):
    one, other = (mind(values, 0.0, (1, 1, 1), (1, 1, 1)) for values in (image, image[::-1]))
    expected = differing_bits(one, other)
    monkeypatch.setattr(features, "_ones", features._ones_by_table)
    assert np.array_equal(differing_bits(one, other), expected)


def test_intensities_are_compared_up_to_brightness_and_scale(image):
    one, other = (features.standardised(values, values.std(), (2, 2, 2)) for values in (image, 5 * image + 100))
    assert differing_steps(one, other).max() <= 1
    inverted = features.standardised(-image, image.std(), (2, 2, 2))
    assert differing_steps(one, inverted).mean() > 20


def test_intensities_take_the_sense_of_the_target(image):
    target, atlas = (features.standardised(one, one.std(), (2, 2, 2))[np.newaxis] for one in (image, 9 - 2 * image))
    assert differing_steps(target, features.turned(target, atlas)).max() <= 1
    assert np.array_equal(features.turned(target, target), target)
    channels = np.concatenate([target, atlas])
    assert np.array_equal(features.turned(channels, np.concatenate([atlas, atlas])), [-atlas[0], atlas[0]])


@pytest.mark.parametrize("name", features.KINDS)
@pytest.mark.parametrize("constant", [0, 1000])
def test_a_flat_background_differs_in_nothing(name, constant):
    image = np.full(SHAPE, constant, np.float32)
    kind = features_named(name, (1, 1, 1), SHAPE)
    assert not kind.unlikeness(kind.of(image, 0.0), kind.of(image + 1, 0.0)).any()


@pytest.mark.parametrize("name", features.KINDS)
@pytest.mark.parametrize("shape", [SHAPE, (1, 20, 15)])
def test_features_of_a_box_are_those_of_the_image(image, name, shape):
    image = np.resize(image, shape)
    kind = features_named(name, (1, 1, 1), shape)
    box = (slice(shape[0] // 2, shape[0] // 2 + 1), slice(0, 9), slice(4, 9))
    margin = tuple(2 if size > 1 else 0 for size in shape)
    part = kind.around(image, box, margin)
    assert part.shape == tuple(side.stop - side.start + 2 * more for side, more in zip(box, margin, strict=True))
    whole = kind.around(image, tuple(slice(0, size) for size in shape), margin)
    same = whole[tuple(slice(side.start, side.stop + 2 * more) for side, more in zip(box, margin, strict=True))]
    assert kind.unlikeness(part, same).mean() < 2  # but for the image's scale


@pytest.mark.parametrize("name", features.KINDS)
def test_features_are_computed_slab_by_slab(image, name, monkeypatch):
    kind = features_named(name, (1, 1, 1), SHAPE)
    box = tuple(slice(1, size) for size in SHAPE)
    whole = kind.around(image, box, (1, 1, 1))
    monkeypatch.setattr(features, "_AT_ONCE", 4 * image[0].size)
    assert kind.unlikeness(kind.around(image, box, (1, 1, 1)), whole).mean() < 0.01  # float32 noise


def test_lengths_follow_the_spacing():
    assert in_voxels(2, (3.0, 1.0, 0.9), (10, 10, 10)) == (1, 2, 2)
    assert in_voxels(1, (5.0, 1.0, 1.0), (10, 10, 10)) == (0, 1, 1)
    assert in_voxels(1, (5.0, 1.0, 1.0), (10, 10, 10), least=1) == (1, 1, 1)
    assert in_voxels(2, (0.1, 1.0, 1.0), (1, 10, 10), least=1) == (0, 2, 2)
