"""True labels of some images, as ``-gt`` names them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import InputError
from .candidates import Candidates
from .listing import label_maps_in

NAME = "true labels"
"""Name of the true labels among the candidates of their image."""


def find_true_labels(folder: Path | None, candidates: Candidates, say: Callable[[str], object]) -> dict[str, Path]:
    """Files of the true labels ``<image><ending>`` by image; empty where no folder is given.

    Args:
        folder: where they lie.
        candidates: of the images.
        say: gets a sentence about how many images have none.

    Raises:
        InputError: the folder is missing, holds none of the images, or its files are candidates too.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        raise InputError(f"-gt {folder} is not a folder; give the folder of the true labels")
    found = {image: path for path, image in label_maps_in(folder) if image in candidates}
    missing = [image for image in candidates if image not in found]
    if not found:
        raise InputError(f"-gt {folder} holds none of the images, such as '{missing[0]}'; give <image><ending>")
    _refuse_candidates(folder, found, candidates)
    if missing:
        say(f"{len(missing)} of {len(candidates)} images have no true labels in {folder}, such as '{missing[0]}'")
    return found


def _refuse_candidates(folder: Path, truth: Mapping[str, Path], candidates: Candidates) -> None:
    """Refuse a source that is compared with itself."""
    home = folder.resolve()
    same = {
        parent
        for parent in {one.path.parent for found in candidates.values() for one in found}
        if parent.resolve() == home
    }
    for image, path in truth.items():
        for one in candidates[image]:
            if one.path.parent in same and one.path.name == path.name:
                raise InputError(
                    f"-gt {folder} holds candidate '{one.name}' of image '{image}', which would be compared with "
                    f"itself; leave that source out of -i, or give other true labels"
                )
