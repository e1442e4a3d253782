"""Find what would spoil hours of training: values that are not numbers, constant images, padding, wrong units."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.geometry import Geometry
from ..files.image_files import read_grey
from .candidates import ALLOW, Say

_PADDED = 0.5
"""A value other than 0 dominates if more than this share of the voxels has it."""

_APART = 10.0
"""A spacing this many times above or below the median is probably in another unit."""


@dataclass(frozen=True)
class ImageLook:
    """What one channel of an image holds.

    Attributes:
        path: its file.
        odd: number of voxels that are NaN or infinite.
        low, high: smallest and largest value of the other voxels; both NaN where there are none.
        padding: value of the first voxel.
        padded: share of the voxels that have this value.
    """

    path: Path
    odd: int
    low: float
    high: float
    padding: float
    padded: float


def look_at_image(path: Path) -> ImageLook:
    """Read a channel of an image and summarise it.

    Raises:
        InputError: the file cannot be read.
    """
    values, _ = read_grey(path)
    odd = 0 if values.dtype.kind in "iub" else values.size - int(np.count_nonzero(np.isfinite(values)))
    finite = values[np.isfinite(values)] if odd else values
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (float("nan"), float("nan"))
    padding = values.flat[0]
    return ImageLook(path, odd, low, high, float(padding), np.count_nonzero(values == padding) / values.size)


def judge(looks: Iterable[ImageLook], zeroed: bool, say: Say, allow_doubtful: bool) -> None:
    """Refuse images from which nnU-Net cannot learn, and report odd images.

    Args:
        looks: of all images.
        zeroed: whether nnU-Net's reader replaces values that are not numbers by 0, as ITK does in NIfTI files.
        say: gets a sentence about what is odd.
        allow_doubtful: only report images from which nnU-Net cannot learn, instead of refusing them.

    Raises:
        InputError: an image holds NaN or infinite values, which would make the loss of the training NaN or infinite.
    """
    looks = list(looks)
    if odd := [one for one in looks if one.odd]:
        sentence = f"{_some(odd)} NaN or infinite values ({odd[0].odd} voxels in the first)"
        if zeroed:
            say(f"{sentence}, which nnU-Net reads as 0")
        elif allow_doubtful:
            say(f"{sentence}, which nnU-Net's loss will become")
        else:
            raise InputError(
                f"{sentence}, which nnU-Net's loss would become; write numbers in their place, or go on with {ALLOW}"
            )
    if constant := [one for one in looks if one.low == one.high]:
        say(f"{_some(constant)} the one value {constant[0].low:g} everywhere; is that an image?")
    padded = [one for one in looks if one.padded > _PADDED and one.padding != 0 and one.low < one.high]
    if padded:
        say(
            f"{_some(padded)} the value {padded[0].padding:g} in {padded[0].padded:.0%} of the voxels; if it is "
            f"padding, z-scores are mostly its own: crop it, or write 0 there"
        )


def odd_spacings(geometries: Mapping[str, Geometry], paths: Mapping[str, Sequence[Path]]) -> list[str]:
    """A sentence about images with a spacing that is far from the others, for example metres instead of millimetres."""
    spacings = np.array([sorted(geometry.spacing) for geometry in geometries.values()])
    middle = np.median(spacings, axis=0)
    apart = np.maximum(spacings / middle, middle / spacings).max(axis=1) > _APART
    found = [image for image, far in zip(geometries, apart, strict=True) if far]
    if not found:
        return []
    spacing = " × ".join(f"{length:g}" for length in geometries[found[0]].spacing)
    others = f" and {len(found) - 1} more have" if len(found) > 1 else " has"
    usual = " × ".join(f"{length:g}" for length in middle)
    return [
        f"{paths[found[0]][0]}{others} a spacing of {spacing} mm, where {usual} is the middle of all; is it in "
        f"millimetres?"
    ]


def _some(looks: Sequence[ImageLook]) -> str:
    return f"{looks[0].path} and {len(looks) - 1} more files hold" if len(looks) > 1 else f"{looks[0].path} holds"
