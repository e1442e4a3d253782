"""Turn arrays into small PNG pictures, which a page contains as data URIs."""

import io
from base64 import b64encode
from collections.abc import Sequence

import numpy as np
from PIL import Image

from . import colours
from .greys import LEVELS

_HEATS = 16
_OPAQUE, _OVERLAY = 255, 150


def grey_picture(levels: np.ndarray) -> str:
    """Picture of grey levels, shape (rows, columns), from black, 0, to white, LEVELS - 1."""
    shades = [round(255 * level / (LEVELS - 1)) for level in range(LEVELS)]
    return _indexed(levels, [(shade, shade, shade) for shade in shades], [_OPAQUE] * LEVELS)


def label_picture(places: np.ndarray, n_labels: int) -> str:
    """Picture of label indices, shape (rows, columns), in the labels' colours; background is transparent."""
    shown = [colours.rgb(colours.of_label(place)) for place in range(min(n_labels - 1, len(colours.LABELS)))]
    folded = np.where(places == 0, 0, (places.astype(int) - 1) % len(colours.LABELS) + 1).astype(np.uint8)
    return _indexed(folded, [(0, 0, 0), *shown], [0] + [_OVERLAY] * len(shown))


def atlas_picture(places: np.ndarray) -> str:
    """Picture of places of atlases from 1, shape (rows, columns), in the atlases' colours; 0 is transparent."""
    palette = [colours.rgb(colours.of_atlas(place)) for place in range(colours.MOST_ATLASES + 1)]
    return _indexed(places.astype(np.uint8), [(0, 0, 0), *palette], [0] + [_OVERLAY] * len(palette))


def heat_picture(shares: np.ndarray) -> str:
    """Picture of shares from 0 (transparent) to 1, shape (rows, columns)."""
    levels = np.ceil(np.clip(shares, 0, 1) * (_HEATS - 1)).astype(np.uint8)
    palette = [colours.of_heat(0.25 + 0.75 * level / (_HEATS - 1)) for level in range(_HEATS)]
    return _indexed(levels, palette, [0] + [200] * (_HEATS - 1))


def _indexed(values: np.ndarray, palette: Sequence[colours.Colour], opacity: Sequence[int]) -> str:
    picture = Image.fromarray(values, "L")
    picture.putpalette([part for colour in palette for part in colour])
    content = io.BytesIO()
    picture.save(content, "PNG", transparency=bytes(opacity), bits=4 if len(palette) <= 16 else 8)
    return f"data:image/png;base64,{b64encode(content.getvalue()).decode()}"
