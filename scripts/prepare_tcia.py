"""From the contours of TCIA's Vestibular-Schwannoma-SEG to label maps: tumour 1, cochlea 2 where it was drawn.

Shapey et al., "Segmentation of vestibular schwannoma from MRI", Scientific Data, 2021, doi 10.7937/TCIA.9YTJ-5Q73.
Polygons are filled on their planes and interpolated between them by their signed distances. The grid of a label map is
that of

  -images IMAGES    <case>_0000 or <case> in a folder, in any format that nnU-Net reads
  -dicom FOLDERS    DICOM series in <case>_t1 or <case>_t2; written as images/<case>_0000.nii.gz too
  -spacing X Y Z    no image: a grid of this spacing about the contours, -margin wide

With -transforms, contours that were drawn on T1 are carried to the grid of T2.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import SimpleITK as sitk  # noqa: N813

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.endings import split_ending
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import read_geometry, write_image
from nnunet_deepstaple.files.label_maps import write_label_map

from .vestibular.contours import Contours, read_contours
from .vestibular.release import MODALITIES, Drawing, find_drawings, find_transform
from .vestibular.shapes import Shape, label_map
from .vestibular.transforms import Affine, read_t2_to_t1

EXAMPLES = """\
  python -m scripts.prepare_tcia -i contours -o labels -modality T2 -images t2_nifti
  python -m scripts.prepare_tcia -i contours -o labels -modality T2 -dicom series
  python -m scripts.prepare_tcia -i contours -o labels -spacing 0.5 0.5 1.5 -margin 30
  python -m scripts.prepare_tcia -i contours -o labels -transforms transforms -images t2_nifti"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("prepare_tcia", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", required=True, type=Path, metavar="CONTOURS", help="folder of the contours")
    arguments.add_argument("-o", required=True, type=Path, metavar="FOLDER", help="folder for labels/ and images/")
    arguments.add_argument("-modality", choices=MODALITIES, default="T1", help="image that was drawn on (T1)")
    arguments.add_argument("-transforms", type=Path, metavar="FOLDER", help="transforms, to carry T1's contours to T2")
    grids = arguments.add_mutually_exclusive_group(required=True)
    grids.add_argument("-images", type=Path, metavar="FOLDER", help="images whose grids the label maps get")
    grids.add_argument("-dicom", type=Path, metavar="FOLDER", help="folder of <case>_t1/ and <case>_t2/ with series")
    grids.add_argument("-spacing", type=float, nargs=3, metavar=("X", "Y", "Z"), help="millimetres between voxels")
    arguments.add_argument("-margin", type=float, default=30, help="with -spacing: millimetres about contours (30)")
    given = arguments.parse_args()
    if given.transforms and given.modality != "T1":
        raise InputError("-transforms carries contours of T1 to T2; leave out -modality T2 or -transforms")
    drawings = find_drawings(given.i, given.modality)
    grid_of = _grids(given)
    placed = [_placed(one, given.transforms, grid_of) for one in progress(drawings, "reading contours")]
    (given.o / "labels").mkdir(parents=True, exist_ok=True)
    for drawing, contours, onto, grid in progress(placed, "filling contours"):
        shapes = {value: Shape.of(structure) for value, structure in contours.structures.items()}
        for value, shape in shapes.items():
            if len(shape.planes) == 1:
                name = contours.structures[value].name
                print(f"one plane   {drawing.case}: '{name}' was drawn on one plane, {2 * shape.reach:g} mm thick here")
        path = given.o / "labels" / f"{drawing.case}.nii.gz"
        labels = label_map(shapes, grid, onto)
        if not labels.any():
            print(f"empty       {path}: the image shows nothing of what was drawn")
        write_label_map(labels, grid, path)
        if given.dicom:
            _write_series(drawing, given, grid)
    print(f"written     {len(placed)} label maps in {given.o / 'labels'}")


GridOf = Callable[[Drawing, Contours], Geometry]


def _placed(
    drawing: Drawing, transforms: Path | None, grid_of: GridOf
) -> tuple[Drawing, Contours, Affine | None, Geometry]:
    contours = read_contours(drawing.contours)
    onto = read_t2_to_t1(find_transform(drawing, transforms), contours.patient) if transforms else None
    return drawing, contours, onto, grid_of(drawing, contours)


def _grids(given: argparse.Namespace) -> GridOf:
    """How the grid of a case is found."""
    if given.images:
        return lambda drawing, _: read_geometry(_image_of(drawing.case, given.images))
    if given.dicom:
        return lambda drawing, _: Geometry.of(_read_series(_series_folder(drawing, given)))
    if min(given.spacing) <= 0 or given.margin < 0:
        raise InputError("-spacing and -margin are in millimetres; give numbers above 0")
    return lambda _, contours: _grid_about(contours, given.spacing, given.margin)


def _image_of(case: str, folder: Path) -> Path:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            parts = split_ending(path.name)
            if parts is not None and parts[0] in (case, f"{case}_0000"):
                return path
    raise InputError(f"{folder} has no image {case}_0000.nii.gz; add it, or take the case's contours away")


def _grid_about(contours: Contours, spacing: list[float], margin: float) -> Geometry:
    points = np.concatenate([polygon for one in contours.structures.values() for polygon in one.polygons])
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    size = np.ceil((high - low) / spacing).astype(int) + 1
    return Geometry(tuple(size.tolist()), tuple(spacing), tuple(low.tolist()), tuple(np.eye(3).ravel().tolist()))


def _series_folder(drawing: Drawing, given: argparse.Namespace) -> Path:
    modality = "t2" if given.transforms else given.modality.lower()
    return given.dicom / f"{drawing.case}_{modality}"


def _read_series(folder: Path) -> sitk.Image:
    """Read the one DICOM series of a folder."""
    reader = sitk.ImageSeriesReader()
    series = list(reader.GetGDCMSeriesIDs(str(folder))) if folder.is_dir() else []
    if len(series) != 1:
        raise InputError(f"{folder} holds {len(series)} DICOM image series; there must be one")
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder), series[0]))
    try:
        return reader.Execute()
    except RuntimeError as error:
        raise InputError(f"{folder} holds a DICOM series that cannot be read; fetch it again") from error


def _write_series(drawing: Drawing, given: argparse.Namespace, grid: Geometry) -> None:
    (given.o / "images").mkdir(exist_ok=True)
    values = sitk.GetArrayFromImage(_read_series(_series_folder(drawing, given)))
    write_image(values, grid, given.o / "images" / f"{drawing.case}_0000.nii.gz")


if __name__ == "__main__":
    main()
