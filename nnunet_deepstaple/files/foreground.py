"""The foreground of a label map: often a few percent of the image, so it is quick to copy and compare."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .boxes import Box, as_3d, foreground_box, is_empty, relative
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

    def thinned(self, step: int) -> "Foreground":
        """The same of every ``step``-th row of every ``step``-th plane of the image, the first included."""
        z, y, x = self.box
        (first, last), (top, bottom) = ((-(-side.start // step), -(-side.stop // step)) for side in (z, y))
        rows = self.labels[first * step - z.start :: step, top * step - y.start :: step]
        return Foreground((slice(first, last), slice(top, bottom), x), rows)

    def on(self, box: Box) -> np.ndarray:
        """Labels of all voxels of a box that holds the foreground, shape of this box."""
        if box == self.box:
            return self.labels
        labels = np.zeros([side.stop - side.start for side in box], self.labels.dtype)
        if not is_empty(self.box):
            labels[relative(self.box, box)] = self.labels
        return labels
