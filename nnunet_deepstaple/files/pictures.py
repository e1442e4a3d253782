"""Label maps and images as png, bmp and tif, read as nnU-Net reads them.

That is, with scikit-image (NaturalImage2DIO) and, where a tif is 3D, with tifffile (Tiff3DIO). Imported when the first
such file is met, since these libraries take a while to import.
"""

import json
import logging
import math
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import tifffile
from skimage.io import imread, imsave

from .atomic import write_text
from .endings import DEFLATE, spacing_file_of_image
from .geometry import Geometry
from .links import is_there, pointer

_TIFF = (".tif", ".tiff")
_LOSSLESS = {
    "NONE",
    "LZW",
    "PACKBITS",
    "PACKBITSREV",
    "ADOBE_DEFLATE",
    "DEFLATE",
    "LZMA",
    "ZSTD",
    "ZSTD_DEPRECATED",
} | {*("CCITTRLE", "CCITT_T4", "CCITT_T6", "CCITTRLEW", "NEXT", "THUNDERSCAN")}


_ONE_PICTURE = re.compile(r'\{"shape": \[\d+, \d+(, [34])?\]')
"""How tifffile describes a page that is a whole picture, grey or coloured, and no part of a volume."""


def read_picture(path: Path, is_image: bool = False) -> tuple[np.ndarray, Geometry]:
    """Read a label picture, or a channel of an image (3D tif: both have a spacing file, named differently).

    Returns:
        The values, shape (channels, z, y, x) or (channels, y, x), and their geometry. The spacing is 1 unless the
        file ``<name>.json`` beside a 3D tif (``<image>.json`` for an image) says otherwise.

    Raises:
        Exception: the file cannot be read, or is no picture that nnU-Net reads; for a label map, also where its
            compression changes values.
    """
    path.open("rb").close()
    with warnings.catch_warnings(), _without_log():
        warnings.simplefilter("ignore")
        if _is_3d(path, is_image):
            values = tifffile.imread(path)
            return values[np.newaxis], Geometry.axis_aligned(values.shape[::-1], _spacing(path, is_image)[::-1])
        values = imread(path)
    if not values.size:
        raise ValueError("it has no pixels; copy or make it again")
    if values.ndim == 2:
        channels = values[np.newaxis]
    elif values.ndim == 3 and values.shape[-1] in (3, 4):
        channels = np.moveaxis(values, -1, 0)
    else:
        shown = "grey values and transparency" if values.shape[2:] == (2,) else f"the shape {values.shape}"
        raise ValueError(f"it has {shown}; nnU-Net reads grey, RGB and RGBA pictures; save it as one")
    return channels.astype(np.float32), Geometry.axis_aligned(channels.shape[:0:-1])


def write_picture(labels: np.ndarray, geometry: Geometry, path: Path, companion: Path | None) -> None:
    """Write labels, shape (z, y, x) for tif or (y, x), to ``path``; the spacing of a 3D tif to ``companion``."""
    if path.suffix.lower() not in _TIFF:
        imsave(path, labels, check_contrast=False)
        return
    tifffile.imwrite(path, data=labels, compression="zlib", photometric="minisblack")
    if labels.ndim == 3 and companion is not None:
        write_text(companion, json.dumps({"spacing": geometry.spacing[::-1]}))


def _is_3d(path: Path, is_image: bool) -> bool:
    """Whether a file is a 3D tif; a label map is also looked at for how it is compressed."""
    if path.suffix.lower() not in _TIFF:
        return False
    with tifffile.TiffFile(path) as file:
        _require_one_picture(file)
        if not file.series:
            raise ValueError("it holds no picture; copy or make it again")
        if math.prod(file.series[0].shape) > DEFLATE * path.stat().st_size:
            raise EOFError
        compression = tifffile.COMPRESSION(file.pages.first.compression).name
        if not is_image and compression not in _LOSSLESS:
            raise ValueError(f"its compression, {compression}, may change labels; save it with LZW or deflate")
        return len(file.series[0].shape) == 3 and file.series[0].axes[-1] != "S"


def _require_one_picture(file: tifffile.TiffFile) -> None:
    """Refuse a tif of many pictures, of which only the first would be read.

    tifffile's own grouping of such pages takes a time that grows with the square of their number.

    Raises:
        ValueError: each page is a picture by itself, as programs leave it that write page by page with tifffile.
    """
    if len(file.pages) > 1 and _ONE_PICTURE.match(file.pages.first.description):
        raise ValueError(
            f"it holds {len(file.pages)} pictures, and nnU-Net reads only the first; save them as one volume"
        )


@contextmanager
def _without_log() -> Iterator[None]:
    """Keep tifffile from writing what it finds odd in a file to stderr."""
    log = tifffile.logger()
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _spacing(path: Path, is_image: bool) -> tuple[float, ...]:
    """Spacing (z, y, x) from the file beside a 3D tif, whose name has no channel; 1 where there is none."""
    beside = spacing_file_of_image(path) if is_image else path.with_suffix(".json")
    if not is_there(beside):
        return (1.0, 1.0, 1.0)
    written = beside.read_bytes()
    try:
        lengths = tuple(map(float, json.loads(written.decode("utf-8-sig"))["spacing"]))
    except (ValueError, TypeError, LookupError):
        lengths = ()
    if len(lengths) != 3 or not all(0 < length < math.inf for length in lengths):
        form = 'in it, write the lengths along z, y, x, as {"spacing": [4.0, 1.5, 1.5]}'
        raise ValueError(f"{beside.name} beside it does not say its spacing: {pointer(written) or form}")
    return lengths
