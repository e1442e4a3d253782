"""What the images' headers tell: grids, channels, nnU-Net's reader, and channels that look like CT."""

from collections.abc import Sequence

import numpy as np

from ...errors import InputError
from ...files.endings import ending_of
from ...files.geometry import Geometry
from ...files.image_files import needs_nibabel, read_image, read_image_header
from ..candidates import Say
from ..raw_dataset import Images
from ..settings import DatasetSettings

_LOOKED_AT = 3
"""Number of images that are searched for Hounsfield units."""

_NORMALISATIONS = ("ct", "nonorm", "zscore", "rescale_0_1", "rescale_to_0_1", "rgb_to_0_1")
"""Names of channels by which nnU-Net chooses a normalisation."""


def read_images(images: Images) -> tuple[dict[str, Geometry], int]:
    """Geometry of each image, equal for its channels within nnU-Net's tolerance, and the number of channels."""
    geometries: dict[str, Geometry] = {}
    count: int | None = None
    for image, channels in images.channels.items():
        headers = [read_image_header(path) for path in channels]
        geometries[image] = headers[0][1]
        for path, (_, geometry) in zip(channels, headers, strict=True):
            difference = geometries[image].difference(geometry)
            if difference is None and not np.allclose(geometry.spacing, geometries[image].spacing):
                difference = f"spacing {geometry.spacing}, which nnU-Net does not take for that"
            if difference is not None:
                remedy = geometries[image].remedy(geometry)
                raise InputError(f"{path} has {difference} in {channels[0].name}; {remedy}")
        if images.ending.lower() == ".nii" and len(geometries[image].size) != 3:
            raise InputError(f"{channels[0]} is 2D, which nnU-Net reads from .nii.gz and not from .nii; convert it")
        found = sum(number for number, _ in headers)
        if count not in (None, found):
            raise InputError(f"image '{image}' ({channels[0]}) has {found} channels, others have {count}; convert it")
        count = found
    return geometries, count or 0


def choose_reader(images: Images, settings: DatasetSettings, say: Say) -> str | None:
    """Name of nnU-Net's reader: as a dataset.json chooses, or else NibabelIO if ITK refuses an image."""
    if settings.reader is not None:
        say(f"nnU-Net reads the images with {settings.reader}, as {settings.reader_source} says")
        return settings.reader
    refused = [path for channels in images.channels.values() for path in channels if needs_nibabel(path)]
    if not refused:
        return None
    say(f"nnU-Net reads the images with NibabelIO, since ITK refuses {len(refused)} of them, such as {refused[0]}")
    return "NibabelIO"


def looks_like_ct(images: Images, names: Sequence[str]) -> list[str]:
    """A sentence about channels that look like CT but have another name."""
    sentences = []
    for number, name in enumerate(names):
        paths = [channels[number] for channels in list(images.channels.values())[:_LOOKED_AT] if number < len(channels)]
        if name.casefold() in _NORMALISATIONS or not paths or ending_of(paths[0]).lower() in (".png", ".bmp"):
            continue
        ranges = [(float(values.min()), float(values.max())) for values in (read_image(path)[0] for path in paths)]
        if all(-2048 <= low <= -300 and 0 < high <= 32767 for low, high in ranges):
            low, high = ranges[0]
            sentences.append(
                f"channel {number} looks like CT (Hounsfield units, {low:g} to {high:g} in {paths[0].name}) and is "
                f"called '{name}': nnU-Net chooses the normalisation by the name, and takes z-scores; -channels CT "
                f"makes it CT's"
            )
    return sentences
