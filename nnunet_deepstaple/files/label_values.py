"""Which labels occur in a label map."""

import numpy as np

_FEW = 16

_SAMPLED = 61
"""Looking at one voxel in every 61 finds nearly all labels of an image."""

_CHUNK = 1 << 20
"""Voxels counted at once: NumPy widens them."""


def present_labels(labels: np.ndarray) -> np.ndarray:
    """Label values that occur in an array of shape (z, y, x) or (y, x), and 0, in ascending order, uint16."""
    largest = int(labels.max(initial=0))
    seen = np.zeros(largest + 1, bool)
    seen[[0, largest]] = True
    if largest <= _FEW:  # for a few values, comparing is quicker than looking up
        seen[1:largest] = [(labels == value).any() for value in range(1, largest)]
    else:
        flat = labels.reshape(-1)
        seen |= np.bincount(flat[::_SAMPLED], minlength=largest + 1) > 0  # nearly all
        missing = np.flatnonzero(~seen)
        if labels.dtype == np.uint8 and len(missing) <= _FEW:
            for start in range(0, flat.size, _CHUNK):
                content = flat[start : start + _CHUNK].tobytes()
                seen[missing] |= np.array([content.find(value) >= 0 for value in missing.tolist()], bool)
        else:
            for start in range(0, flat.size, _CHUNK):
                seen |= np.bincount(flat[start : start + _CHUNK], minlength=largest + 1) > 0
    return np.flatnonzero(seen).astype(np.uint16)
