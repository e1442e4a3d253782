"""A folder in CrossMoDA's layout from real contours: real shapes of tumour and cochlea, generated intensities.

The challenge's images may not be passed on, TCIA's contours may. Writes in -o:

  source_training/    crossmoda_1_ceT1, crossmoda_1_Label, …    contrast-enhanced T1, tumour and cochlea of its contours
  target_training/    crossmoda_106_hrT2, …                     T2 of other patients
  target_validation/  crossmoda_211_hrT2, …                     T2 of others again
  target_labels/      crossmoda_106_Label, …                    what an expert drew on the targets, to judge with
  sides.csv           the side of each target's tumour
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.atomic import write_text
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import write_label_map

from .vestibular.contours import COCHLEA, Contours, read_contours
from .vestibular.layout import LABEL, SIDES, SOURCES, TARGETS, TEST
from .vestibular.painting import Anatomy, paint
from .vestibular.release import find_drawings
from .vestibular.shapes import Shape, label_map

EXAMPLES = """\
  python -m scripts.paint_crossmoda -i vestibular/contours -o crossmoda -sources 30 -targets 40 -tests 20
  python -m scripts.paint_crossmoda -i vestibular/contours -o crossmoda -sources 6 -targets 6 -spacing 1 1 1.5"""

TARGET_LABELS = "target_labels"
FIELD = {"T1": (170.0, 210.0, 160.0), "T2": (170.0, 190.0, 80.0)}
"""Millimetres that an image shows, by contrast; T2 is a slab."""


@dataclass(frozen=True)
class Part:
    """A part of the challenge: its folder, contrast, ending of its images, and number of its first case."""

    folder: str
    contrast: str
    ending: str
    first: int


PARTS = (Part(SOURCES, "T1", "ceT1", 1), Part(TARGETS, "T2", "hrT2", 106), Part(TEST, "T2", "hrT2", 211))


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("paint_crossmoda", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", required=True, type=Path, metavar="CONTOURS", help="folder of TCIA's contours")
    arguments.add_argument("-o", required=True, type=Path, metavar="FOLDER", help="folder for the painted challenge")
    arguments.add_argument("-sources", type=int, default=30, help="patients of the source domain (30)")
    arguments.add_argument("-targets", type=int, default=40, help="patients of the target domain (40)")
    arguments.add_argument("-tests", type=int, default=0, help="patients to test on (0)")
    arguments.add_argument("-spacing", type=float, nargs=3, default=[0.6, 0.6, 1.5], metavar=("X", "Y", "Z"))
    arguments.add_argument("-seed", type=int, default=0, help="seed of patients, anatomy and noise (0)")
    given = arguments.parse_args()
    random = np.random.default_rng(given.seed)
    counts = (given.sources, given.targets, given.tests)
    patients = _patients(given.i, sum(counts), random)
    jobs = [(part, part.first + number) for part, count in zip(PARTS, counts, strict=True) for number in range(count)]
    sides = []
    for (part, number), drawn in progress(list(zip(jobs, patients, strict=True)), "painting"):
        side = _write(part, f"crossmoda_{number}", drawn[part.contrast], given.spacing, given.o, random)
        if part.folder != SOURCES:
            sides.append((f"crossmoda_{number}", side))
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([("case", "side"), *sides])
    write_text(given.o / "sides.csv", table.getvalue())
    print(f"written     {len(jobs)} heads in {given.o}")


def _patients(folder: Path, count: int, random: np.random.Generator) -> list[dict[str, Contours]]:
    """Contours of both contrasts of patients whose cochlea was drawn, in the order of a draw."""
    files = {contrast: {one.case: one.contours for one in find_drawings(folder, contrast)} for contrast in ("T1", "T2")}
    found: list[dict[str, Contours]] = []
    for case in random.permutation(sorted(files["T1"].keys() & files["T2"].keys())):
        drawn = {contrast: read_contours(files[contrast][case]) for contrast in files}
        if all(COCHLEA in contours.structures for contours in drawn.values()):
            found.append(drawn)
        if len(found) == count:
            return found
    raise InputError(f"{folder} has {len(found)} patients with a cochlea, not {count}; give smaller numbers")


def _write(
    part: Part, case: str, drawn: Contours, spacing: list[float], folder: Path, random: np.random.Generator
) -> str:
    """Write one head, and give the side of its tumour."""
    shapes = {value: Shape.of(structure) for value, structure in drawn.structures.items()}
    cochlea = np.mean(shapes[COCHLEA].box, axis=0)
    anatomy = Anatomy.around(cochlea, random)
    grid = _grid(anatomy, cochlea, part.contrast, spacing, random)
    labels = label_map(shapes, grid)
    image = paint(labels, grid, anatomy, part.contrast, random)
    (folder / part.folder).mkdir(parents=True, exist_ok=True)
    write_image(image, grid, folder / part.folder / f"{case}_{part.ending}.nii.gz")
    label_folder = folder / (SOURCES if part.folder == SOURCES else TARGET_LABELS)
    label_folder.mkdir(exist_ok=True)
    write_label_map(labels, grid, label_folder / f"{case}{LABEL}.nii.gz")
    return SIDES[0] if cochlea[0] > anatomy.middle[0] else SIDES[1]


def _grid(
    anatomy: Anatomy, cochlea: np.ndarray, contrast: str, spacing: list[float], random: np.random.Generator
) -> Geometry:
    """Grid of an image: of T1 about the head, of T2 about the height of the cochlea, each as somebody laid it."""
    field = np.array(FIELD[contrast])
    middle = anatomy.middle.copy()
    if contrast == "T2":
        middle[2] = cochlea[2] + 5
    middle += random.normal(0, 4, 3)
    size = np.round(field / spacing).astype(int)
    return Geometry(
        tuple(size.tolist()),
        tuple(spacing),
        tuple((middle - (size - 1) / 2 * spacing).tolist()),
        tuple(np.eye(3).ravel().tolist()),
    )


if __name__ == "__main__":
    main()
