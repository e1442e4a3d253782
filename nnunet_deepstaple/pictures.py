"""Label maps and images as png, bmp and tif, with the readers of nnU-Net.

Imported when the first such file is met, since nnU-Net's readers and what they need take half a second to import.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import tifffile
from nnunetv2.imageio.base_reader_writer import BaseReaderWriter
from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO
from nnunetv2.imageio.tif_reader_writer import Tiff3DIO
from skimage.io import imsave

from .geometry import Geometry

_TIFF = (".tif", ".tiff")


def read_picture(path: Path, is_image: bool = False) -> tuple[np.ndarray, Geometry]:
    """Read a label picture, or a channel of an image (3D tif: both have a spacing file, named differently).

    Returns:
        The values, shape (channels, z, y, x) or (channels, y, x), and their geometry. The spacing is 1 unless the
        file ``<name>.json`` beside a 3D tif (``<image>.json`` for an image) says otherwise.

    Raises:
        OSError, RuntimeError, ValueError, SyntaxError: the file cannot be read.
    """
    reader: BaseReaderWriter = Tiff3DIO() if _is_3d(path) else NaturalImage2DIO()
    with contextlib.redirect_stdout(io.StringIO()):  # it prints that no spacing was found, for every file
        values, properties = reader.read_images([str(path)]) if is_image else reader.read_seg(str(path))
    if isinstance(reader, Tiff3DIO):
        return values, Geometry.axis_aligned(values.shape[:0:-1], properties["spacing"][::-1])
    return values[:, 0], Geometry.axis_aligned(values.shape[:1:-1])


def write_picture(labels: np.ndarray, geometry: Geometry, path: Path, final: Path) -> None:
    """Write labels, shape (z, y, x) for tif or (y, x), to ``path``.

    A 3D tif also gets ``<name>.json`` with its spacing, as nnU-Net's writer does, beside ``final``, the path that
    ``path`` will be moved to.
    """
    if path.suffix.lower() not in _TIFF:
        imsave(path, labels, check_contrast=False)
        return
    tifffile.imwrite(path, data=labels, compression="zlib", photometric="minisblack")
    if labels.ndim == 3:
        final.with_suffix(".json").write_text(json.dumps({"spacing": geometry.spacing[::-1]}), encoding="utf-8")


def _is_3d(path: Path) -> bool:
    if path.suffix.lower() not in _TIFF:
        return False
    with tifffile.TiffFile(path) as file:
        return len(file.series[0].shape) == 3 and file.series[0].axes[-1] != "S"
