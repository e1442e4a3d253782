"""The images as one more judge: what patches of the atlases' images vote for, compared with each source."""

import numpy as np

from ..datasets.candidates import Candidate
from ..files.geometry import Geometry
from ..fusion.arrays import decided_by_images
from ..fusion.votes.atlas_images import AtlasImages
from ..fusion.votes.votes import VoteMap


def dice_with_joint(votes: VoteMap, images: AtlasImages, first: Candidate, geometry: Geometry) -> dict[int, np.ndarray]:
    """Dice of each source with the label map of joint label fusion, by label value, shape (K,) each.

    NaN where neither shows the label. Patches are compared by MIND, which needs no common contrast.

    Args:
        votes: of the K sources, each of which gives a voxel one label.
        images: of the target, and of those sources that are atlases.
        first: any candidate, on whose grid the images lie.
        geometry: of the image.

    Raises:
        InputError: an image cannot be used.
    """
    channels = images.read(first.path)
    fused = decided_by_images(votes, None, images.atlases, channels, geometry.spacing[::-1])
    labels = fused.labels.reshape((1,) * (3 - fused.labels.ndim) + fused.labels.shape)[votes.box]
    indices = np.searchsorted(votes.labels, labels)
    n_labels = len(votes.labels)
    cells = np.bincount(
        (votes.codes.astype(np.int64) * n_labels + indices).ravel(), minlength=len(votes.patterns) * n_labels
    )
    voxels = cells.reshape(-1, n_labels)
    return {int(votes.labels[index]): _dice(votes, voxels, index) for index in range(1, n_labels)}


def _dice(votes: VoteMap, voxels: np.ndarray, index: int) -> np.ndarray:
    """Dice of each voter for one label, from the voxels of each pattern and label of the joint label map, (P, L)."""
    marks = votes.patterns == index
    heard = votes.patterns < len(votes.labels)
    total = voxels.sum(axis=1) @ marks + voxels[:, index] @ heard
    return np.divide(2 * (voxels[:, index] @ marks), total, out=np.full(len(total), np.nan), where=total > 0)
