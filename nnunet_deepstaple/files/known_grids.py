"""Grids of NIfTI headers that ITK has read: the label maps of an image mostly have one header, byte for byte.

ITK takes for a header nearly as long as it takes to unpack a label map of ten million voxels.
"""

from .geometry import Geometry

_MOST = 256
"""So many headers are kept."""

_grids: dict[bytes, Geometry] = {}


def known_grid(header: bytes) -> Geometry | None:
    """Grid of a file whose header has these bytes; None where no such header was read."""
    return _grids.get(header)


def remember_grid(header: bytes, grid: Geometry) -> None:
    """Keep the grid that ITK has read from a header of these bytes, in place of the oldest where there are many."""
    if len(_grids) >= _MOST and header not in _grids:
        del _grids[next(iter(_grids))]
    _grids[header] = grid
