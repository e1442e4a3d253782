"""Where TCIA's release, or a copy of it sorted otherwise, keeps the contours and transforms of a patient."""

import re
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.errors import InputError

from .contours import CONTOUR_ENDINGS

TRANSFORM = "inv_T1_LPS_to_T2_LPS.tfm"
MODALITIES = ("T1", "T2")


@dataclass(frozen=True)
class Drawing:
    """Contours of one image of a patient.

    Attributes:
        case: the patient, such as ``vs_gk_1`` or ``sub-001``.
        contours: file of the contours.
        folder: folder that may hold the image's DICOM series.
    """

    case: str
    contours: Path
    folder: Path


def find_drawings(folder: Path, modality: str) -> list[Drawing]:
    """Contours on one modality: ``<case>_t1/contours.json`` as released, or ``<case>_T1w.json[.gz]``.

    Raises:
        InputError: there are none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; give that of Vestibular-Schwannoma-SEG's contours")
    found = []
    for path in sorted(folder.iterdir()):
        match = re.fullmatch(rf"(.+)_{modality}w?", _stem(path), re.IGNORECASE)
        if match and path.is_dir() and (path / "contours.json").is_file():
            found.append(Drawing(match[1], path / "contours.json", path))
        elif match and path.is_file() and path.name.endswith(CONTOUR_ENDINGS):
            found.append(Drawing(match[1], path, path.parent))
    if not found:
        raise InputError(
            f"{folder} has neither <case>_{modality.lower()}/contours.json nor <case>_{modality}w.json; give the "
            f"folder of Vestibular-Schwannoma-SEG's contours"
        )
    return found


def find_transform(drawing: Drawing, folder: Path) -> Path:
    """The transform of a patient: beside the contours as released, or ``<case>_inv_T1_LPS_to_T2_LPS.tfm``.

    Raises:
        InputError: there is none.
    """
    for path in (folder / drawing.folder.name / TRANSFORM, folder / f"{drawing.case}_{TRANSFORM}"):
        if path.is_file():
            return path
    raise InputError(f"{folder} has no transform {TRANSFORM} of '{drawing.case}'; add it or leave out -transforms")


def _stem(path: Path) -> str:
    for ending in sorted(CONTOUR_ENDINGS, key=len, reverse=True):
        if path.name.endswith(ending):
            return path.name[: -len(ending)]
    return path.name
