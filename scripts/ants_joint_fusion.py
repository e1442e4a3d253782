"""Joint label fusion of ANTs (``pip install antspyx``), on the candidates and images that ``ds_fuse`` gets.

It has no vote for background unless background has a label of its own, and compares intensities as they are: labels are
raised by one, and images scaled by their 2nd and 98th percentiles, without which it does worse.
"""

import importlib
import os
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from nnunet_deepstaple.errors import InputError

RADIUS, SEARCH, BETA, RHO = 2, 1, 2.0, 0.1


def fuse_by_ants(image: np.ndarray, label_maps: Sequence[np.ndarray], warped: Sequence[np.ndarray]) -> np.ndarray:
    """Fuse within two voxels of anybody's foreground, by one thread.

    Args:
        image: the target, shape (z, y, x).
        label_maps: of K atlases, the same shape.
        warped: their images.

    Raises:
        InputError: antspyx is not installed.
    """
    os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"
    try:
        ants = importlib.import_module("ants")
    except ImportError as error:
        raise InputError(f"ants cannot be imported ({error}); pip install antspyx") from error
    mask = ndimage.binary_dilation(np.any(np.asarray(label_maps) > 0, axis=0), iterations=2)

    def as_image(values: np.ndarray) -> object:
        return ants.from_numpy(np.ascontiguousarray(values, np.float32))

    fused = ants.joint_label_fusion(
        as_image(_scaled(image)),
        as_image(mask),
        [as_image(_scaled(one)) for one in warped],
        label_list=[as_image(labels.astype(np.float32) + 1) for labels in label_maps],
        beta=BETA,
        rho=RHO,
        rad=[RADIUS] * 3,
        r_search=SEARCH,
        nonnegative=True,
    )
    raised = np.rint(fused["segmentation"].numpy()).astype(int)
    return np.where(mask, np.maximum(raised - 1, 0), 0).astype(label_maps[0].dtype)


def _scaled(image: np.ndarray) -> np.ndarray:
    low, high = np.percentile(image, [2, 98])
    return (image - low) / (high - low)
