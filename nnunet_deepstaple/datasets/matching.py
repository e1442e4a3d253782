"""Find the image of a folder to which each candidate belongs."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import InputError
from .candidates import Candidate, Candidates
from .case_ids import spelled
from .raw_dataset import Images


def match(images: Images, candidates: Candidates, images_folder: Path, folders: Sequence[Path]) -> Candidates:
    """Give each image its candidates, with the image's name spelled as its own file spells it.

    Args:
        images: the images of ``images_folder``.
        candidates: those found in ``folders``.
        images_folder: where the images lie.
        folders: where the candidates lie.

    Raises:
        InputError: a candidate has no image, or an image has no candidate.
    """
    spelling = {spelled(image): image for image in images.channels}
    matched: Candidates = {}
    for image, found in candidates.items():
        name = spelling.get(spelled(image))
        if name is None:
            lacking = _lacks_number(image, candidates, images)
            raise InputError(lacking or _without_image(found[0], spelling, images_folder, images.ending))
        matched[name] = [replace(candidate, image=name) for candidate in found]
    for image in images.channels:
        if image not in matched:
            raise InputError(
                f"image '{image}' has no candidate in {', '.join(map(str, folders))}; add one or remove the image"
            )
    return dict(sorted(matched.items()))


def _lacks_number(image: str, candidates: Candidates, images: Images) -> str | None:
    """What to say where the image of a candidate exists, but four digits of its id were taken for a channel's number.

    Candidates with several numbers after the same name show this. Label maps with the number of a channel would all
    have the same number.
    """
    without, _, number = image.rpartition("_")
    stems = {spelled(name): name for name in images.channels}
    numbers = {
        other.rpartition("_")[2] for other in candidates if spelled(other.rpartition("_")[0]) == spelled(without)
    }
    if spelled(without) not in stems or not re.fullmatch(r"\d{4}", number) or numbers <= {"0000"}:
        return None
    channels = images.channels[stems[spelled(without)]]
    path = channels[min(int(number), len(channels) - 1)]
    name = path.name.removesuffix(images.ending)
    return (
        f"{path} seems to be image '{name}', which has candidates, and was taken for a channel of '{without}'; add the "
        f"channel's number to the names of images: rename it to {name}_0000{images.ending}"
    )


def _without_image(candidate: Candidate, images: Collection[str], folder: Path, ending: str) -> str:
    """What to say about a candidate without an image; usually there is an image with a very similar name."""
    image, path = candidate.image, candidate.path
    without, _, number = image.rpartition("_")
    if spelled(without) in images and number.isdecimal() and len(number) == 4:
        return f"{path}: label maps are named without the channel's number; {_renaming(candidate, without)}"
    unknown = f"{path} is a candidate of image '{image}', which is not in {folder}"
    if spelled(candidate.name) in images:
        return f"{unknown}, and '{candidate.name}' is; give -layout by_image if folders are named as the images"
    if (meant := _alike(image, images)) is not None:
        return (
            f"{unknown}; label maps are named as their image: {_renaming(candidate, meant)} if that is '{meant}', "
            f"or add {image}_0000{ending}"
        )
    return f"{unknown}; add {image}_0000{ending} or remove the candidate"


def _alike(image: str, images: Collection[str]) -> str | None:
    """The image that differs from a name only in upper and lower case, or in an end (``_seg``, ``_T1``) of either."""
    name = spelled(image).casefold()
    same = [one for one in images if one.casefold() == name]
    shorter = [one for one in images if _begins(name, one.casefold())]
    longer = [one for one in images if _begins(one.casefold(), name)]
    return next(iter([*same, *sorted(shorter, key=len, reverse=True), *longer]), None)


def _begins(longer: str, shorter: str) -> bool:
    return longer.startswith(shorter) and len(longer) > len(shorter) and not longer[len(shorter)].isalnum()


def _renaming(candidate: Candidate, image: str) -> str:
    """What to rename, so that a candidate belongs to an image."""
    if candidate.image in candidate.path.name:
        return f"rename it to {candidate.path.name.replace(candidate.image, image, 1)}"
    return f"rename its folder to {image}"
