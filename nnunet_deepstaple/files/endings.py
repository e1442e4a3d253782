"""File endings: which of them are images, and which files lie beside an image for their sake."""

from pathlib import Path

from ..errors import InputError
from .links import is_there

NIFTI = (".nii.gz", ".nii")
TIFF = (".tif", ".tiff")
PICTURES = (".png", ".bmp", *TIFF)
ENDINGS = (*NIFTI, ".seg.nrrd", ".nrrd", ".mha", ".gipl", *PICTURES)
"""File endings of nnU-Net's readers and writers (nnunetv2.imageio), longest first where one ends another.

``.seg.nrrd`` is what 3D Slicer calls a label map: ``x.seg.nrrd`` belongs to the image ``x``."""

DEFLATE = 1100
"""Times that deflate shortens a file at most, and a few more."""


def split_ending(name: str) -> tuple[str, str] | None:
    """Split a file name into stem and image ending; None for any other file, hidden ones included."""
    if name.startswith("."):
        return None
    for ending in ENDINGS:
        if name.lower().endswith(ending) and len(name) > len(ending):
            return name[: -len(ending)], name[-len(ending) :]
    return None


def ending_of(path: Path) -> str:
    """File ending of an image as it is written, the file hidden or not."""
    parts = split_ending(path.name.lstrip("."))
    return parts[1] if parts else path.suffix


def require_writable_ending(path: Path) -> None:
    """Make sure that a result with the ending of ``path`` can be written: ITK writes some only in small letters.

    Raises:
        InputError: it cannot.
    """
    ending = ending_of(path)
    if ending != ending.lower() and ending.lower() in (*NIFTI, ".gipl"):
        raise InputError(
            f"{path} ends in {ending}, with which no result can be written; rename such files to end in "
            f"{ending.lower()}"
        )


def companion_of(path: Path) -> Path | None:
    """File that may lie beside a label map and belongs to it: a 3D tif has its spacing in ``<name>.json``."""
    ending = ending_of(path)
    return path.with_name(path.name[: -len(ending)] + ".json") if ending.lower() in TIFF else None


def spacing_file_of_image(channel: Path) -> Path:
    """File with the spacing of an image, one for all its channels ``<image>_0000.tif``, …: ``<image>.json``."""
    return channel.with_name(channel.name[: -len(ending_of(channel))][: -len("_0000")] + ".json")


def has_spacing(path: Path) -> bool:
    """Whether a file says its spacing: a tif does so in a file beside it.

    Raises:
        InputError: that file is a link that leads nowhere.
    """
    companion = companion_of(path)
    return companion is None or is_there(companion)
