"""What to say about 3D tifs without the file beside them that gives their spacing."""

from collections.abc import Mapping, Sequence

from ..errors import InputError
from ..files.endings import TIFF, has_spacing, spacing_file_of_image
from ..files.geometry import Geometry
from ..files.links import is_there
from .candidates import Candidate
from .raw_dataset import Images


def images_without_spacing(images: Images, geometries: Mapping[str, Geometry]) -> list[str]:
    """A sentence about images that are 3D tifs without the file that gives their spacing.

    Raises:
        InputError: the file has the name of a channel, and nnU-Net does not look for this name.
    """
    if images.ending.lower() not in TIFF:
        return []
    found = [channels[0] for image, channels in images.channels.items() if len(geometries[image].size) == 3]
    found = [path for path in found if not is_there(spacing_file_of_image(path))]
    for path in found:
        misnamed = path.with_suffix(".json")
        if is_there(misnamed):
            raise InputError(
                f"{misnamed} is not where nnU-Net looks for the spacing of an image; rename it to "
                f"{spacing_file_of_image(path).name}"
            )
    if not found:
        return []
    return [
        f"{len(found)} images, such as {found[0]}, have no file with their spacing beside them; nnU-Net takes 1 for it"
    ]


def labels_without_spacing(cases: Sequence[Candidate], geometries: Mapping[str, Geometry]) -> list[str]:
    """A sentence about label maps that are 3D tifs without the file that gives their spacing."""
    found = [one.path for one in cases if len(geometries[one.image].size) == 3 and not has_spacing(one.path)]
    if not found:
        return []
    return [
        f"{len(found)} tifs, such as {found[0]}, have no file with their spacing beside them; they get their image's"
    ]
