"""What an image holds that would spoil hours of training: no number, one value, padding, another unit of length."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files.geometry import Geometry
from ..files.image_files import read_grey
from .candidates import ALLOW, Say

_PADDED = 0.5
"""Share of the voxels from which on one value that is not 0 dominates."""

_APART = 10.0
"""Times by which a spacing lies above or below the middle one and is likely to be in another unit."""


@dataclass(frozen=True)
class ImageLook:
    """What one channel of an image holds.

    Attributes:
        path: its file.
        odd: how many voxels are NaN or infinite.
        low, high: of the others; both NaN where there are none.
        padding: value of the first voxel.
        padded: share of the voxels that have it.
    """

    path: Path
    odd: int
    low: float
    high: float
    padding: float
    padded: float


def look_at_image(path: Path) -> ImageLook:
    """Read a channel of an image and sum it up.

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
    """Refuse images that nnU-Net cannot learn from, and tell of those that are odd.

    Args:
        looks: of all images.
        zeroed: whether nnU-Net's reader takes 0 for what is no number, as ITK does in NIfTI files.
        say: told of what is odd.
        allow_doubtful: tell of what cannot be learned from too.

    Raises:
        InputError: an image holds NaN or infinite values, which become the loss of the training.
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
    """A sentence about images whose spacing is far from that of the others, as metres are from millimetres."""
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
