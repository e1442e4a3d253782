"""The measures of all images side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .measure import NAMES, ImageMeasures, LabelMeasures


@dataclass(frozen=True)
class Table:
    """Measures of N images, L labels and K sources.

    Attributes:
        images: names, in the order of the arrays.
        sources: names, in the order of the arrays.
        labels: values.
        by_label: arrays of shape (N, L, K), float32; NaN where there is nothing.
        pairs: mean Dice of each pair of sources over the images that they share, shape (K, K); NaN without any.
        judged: images with true labels.
    """

    images: Sequence[str]
    sources: Sequence[str]
    labels: Sequence[int]
    by_label: LabelMeasures
    pairs: np.ndarray
    judged: int

    def of_label(self, name: str, label: int | None) -> np.ndarray:
        """One measure of one label in each image, or the mean over labels for None, shape (N, K)."""
        values: np.ndarray = getattr(self.by_label, name)
        return mean(values, 1) if label is None else values[:, list(self.labels).index(label)].astype(float)


def gather(
    measured: Mapping[str, ImageMeasures], sources: Sequence[str], of_image: Mapping[str, Sequence[str]]
) -> Table:
    """Put the measures of all images into one table.

    Args:
        measured: by image.
        sources: names of all sources.
        of_image: names of the sources of each image, in the order of its measures.
    """
    images = sorted(measured)
    labels = sorted({value for one in measured.values() for value in one.labels})
    place = {name: number for number, name in enumerate(sources)}
    row = {value: number for number, value in enumerate(labels)}
    arrays = np.full((len(NAMES), len(images), len(labels), len(sources)), np.nan, np.float32)
    pairs, shared = np.zeros((2, len(sources), len(sources)))
    for number, image in enumerate(images):
        one = measured[image]
        columns = [place[name] for name in of_image[image]]
        inside = np.ix_([row[value] for value in one.labels], columns)
        for name, array in zip(NAMES, arrays, strict=True):
            array[number][inside] = getattr(one.by_label, name)
        both = np.ix_(columns, columns)
        pairs[both] += np.nan_to_num(one.pairs)
        shared[both] += np.isfinite(one.pairs)
    return Table(
        images,
        sources,
        labels,
        LabelMeasures(*arrays),
        np.divide(pairs, shared, out=np.full(pairs.shape, np.nan), where=shared > 0),
        sum(one.judged for one in measured.values()),
    )


def mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of what is known along an axis; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis, dtype=float)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
