import itertools

import numpy as np
import pytest

from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.votes import VoteMap
from nnunet_deepstaple.fusion.weights.joint import JointVotes, joint_box, joint_votes
from nnunet_deepstaple.fusion.weights.patch_weights import Patches

FLAT, SOLID = (1, 19, 17), (9, 11, 10)


def unlikeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one.astype(np.int16) - other).astype(np.uint8)


def plain_weights(target, warped, centre, patches):
    """Weights and shifts of the atlases' patches around a voxel, by the book; images are padded by the margin."""

    def patch(image, shift=(0, 0, 0)):
        first = [c + m + s - r for c, m, s, r in zip(centre, patches.margin, shift, patches.radius, strict=True)]
        box = tuple(slice(f, f + 2 * r + 1) for f, r in zip(first, patches.radius, strict=True))
        return image[box].astype(float)

    shifts = [
        min(patches.shifts, key=lambda shift: np.sum((patch(atlas, shift) - patch(target)) ** 2)) for atlas in warped
    ]
    errors = [np.abs(patch(atlas, shift) - patch(target)).ravel() for atlas, shift in zip(warped, shifts, strict=True)]
    matrix = np.array([[np.dot(one, other) ** patches.power for one in errors] for other in errors])
    matrix = matrix / matrix.diagonal().mean() + patches.ridge * np.eye(len(errors))
    return np.maximum(np.linalg.solve(matrix, np.ones(len(errors))), 0), shifts


def plain_votes(label_maps, target, warped, patches, prior, silent):
    """Share of each label in each voxel in which voters differ, image by image, voxel by voxel, atlas by atlas."""
    shape = label_maps.shape[1:]
    differ = np.array([len(set(votes) - {silent}) > 1 for votes in label_maps.reshape(len(label_maps), -1).T])
    shares = {}
    for voxel in zip(*np.nonzero(differ.reshape(shape)), strict=True):
        found = dict.fromkeys(range(label_maps.max() + 1), 0.0)
        for step in itertools.product(*(range(-radius, radius + 1) for radius in patches.radius)):
            centre = np.add(voxel, step)
            if (centre < 0).any() or (centre >= shape).any():
                continue
            weights, shifts = plain_weights(target, warped, centre, patches)
            weights = weights * prior / (weights * prior).sum()
            for labels, weight, shift in zip(label_maps, weights, shifts, strict=True):
                there = np.add(voxel, shift)
                outside = (there < 0).any() or (there >= shape).any()
                found[0 if outside else int(labels[tuple(there)])] += weight
        found.pop(silent, None)
        shares[voxel] = {label: share / sum(found.values()) for label, share in found.items()}
    return shares


def example(shape, seed, silent=None):
    """Label maps of four atlases, and features of the target and of theirs with a wide margin."""
    random = np.random.default_rng(seed)
    label_maps = np.zeros((4, *shape), np.uint8)
    core = tuple(slice(size // 3, size // 3 + 3) if size > 1 else slice(None) for size in shape)
    label_maps[(slice(None), *core)] = random.integers(0, 3, label_maps[(slice(None), *core)].shape)
    label_maps[:, core[0].start or 0, 0, :2] = [[1, 2]] * 3 + [[0, 1]]  # at the image's border
    if silent is not None:
        label_maps[3][label_maps[3] == 2] = silent
    images = random.integers(0, 256, (5, *shape), np.uint8)
    return label_maps, images[0], images[1:]


def cropped(image, box, margin):
    padded = np.pad(image, [(more, more) for more in margin], mode="edge")
    return padded[tuple(slice(side.start, side.stop + 2 * more) for side, more in zip(box, margin, strict=True))]


def fast_votes(votes: VoteMap, target, warped, patches, prior) -> JointVotes:
    box = joint_box(votes, patches)
    target, *warped = (cropped(image, box, patches.margin)[np.newaxis] for image in (target, *warped))
    return joint_votes(votes, prior / prior.sum(), range(len(warped)), target, warped, unlikeness, patches)


@pytest.mark.parametrize(
    ("shape", "patches"),
    [
        (SOLID, Patches((1, 1, 1), (1, 1, 1))),
        (SOLID, Patches((0, 2, 1), (0, 1, 2), power=1.0, ridge=0.01)),
        (SOLID, Patches((2, 2, 2), (0, 0, 0), power=4.0)),
        (FLAT, Patches((0, 2, 2), (0, 1, 1))),
    ],
)
@pytest.mark.parametrize("silent", [None, 3])
def test_the_fast_way_equals_the_formula(shape, patches, silent):
    label_maps, target, warped = example(shape, seed=sum(patches.radius), silent=silent)
    prior = np.array([0.5, 1.0, 2.0, 1.0])
    votes = collect_votes(label_maps, silent)
    fast = fast_votes(votes, target, warped, patches, prior)
    margin = patches.margin
    wide = [np.pad(image, [(more, more) for more in margin], mode="edge") for image in (target, *warped)]
    expected = plain_votes(label_maps, wide[0], wide[1:], patches, prior, silent)
    corner = [side.start for side in votes.box]
    where = np.transpose(np.unravel_index(fast.shares.voxels, votes.codes.shape)) + corner
    assert [tuple(voxel) for voxel in where] == list(expected)
    dense = np.zeros((len(votes.labels), votes.codes.size))
    for label, (voxels, shares) in fast.shares.of_labels.items():
        dense[label, voxels] = shares
    plain = np.array([[of[label] for label in votes.labels] for of in expected.values()]).T
    assert np.abs(dense[:, fast.shares.voxels] - plain).max() < 1e-5
    assert np.allclose(fast.weights.sum(axis=0), 1, atol=1e-5)
