"""True labels of some images, as ``-gt`` names them."""

from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from .candidates import Candidates
from .listing import label_maps_in


def find_true_labels(folder: Path | None, candidates: Candidates, say: Callable[[str], object]) -> dict[str, Path]:
    """Files of the true labels ``<image><ending>`` by image; empty where no folder is given.

    Args:
        folder: where they lie.
        candidates: of the images.
        say: gets a sentence about how many images have none.

    Raises:
        InputError: the folder is missing, or holds none of the images.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise InputError(f"-gt {folder} is not a folder; give the folder of the true labels")
    found = {image: path for path, image in label_maps_in(folder) if image in candidates}
    missing = [image for image in candidates if image not in found]
    if not found:
        raise InputError(f"-gt {folder} holds none of the images, such as '{missing[0]}'; give <image><ending>")
    if missing:
        say(f"{len(missing)} of {len(candidates)} images have no true labels in {folder}, such as '{missing[0]}'")
    return found
