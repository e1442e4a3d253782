"""The foreground of a label map: often a few percent of the image, so it is quick to copy and compare."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .boxes import Box, as_3d, foreground_box, relative
from .label_values import present_labels


@dataclass(frozen=True)
class Foreground:
    """A copy of the labels in the bounding box of all that is not background.

    Attributes:
        box: along (z, y, x).
        labels: of its voxels, shape of the box.
    """

    box: Box
    labels: np.ndarray

    @classmethod
    def of(cls, labels: np.ndarray) -> "Foreground":
        """Foreground of a label map of shape (z, y, x) or (y, x)."""
        volume = labels.reshape(as_3d(labels.shape))
        box = foreground_box(volume)
        return cls(box, volume[box].copy())

    @cached_property
    def values(self) -> set[int]:
        """Label values, and 0."""
        return set(present_labels(self.labels).tolist())

    def on(self, box: Box) -> np.ndarray:
        """Labels of all voxels of a box that holds the foreground, shape of this box."""
        if box == self.box:
            return self.labels
        labels = np.zeros([side.stop - side.start for side in box], self.labels.dtype)
        labels[relative(self.box, box)] = self.labels
        return labels
