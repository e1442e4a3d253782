"""Files of two images that were exchanged, told by their grids before ``--resample`` would hide it."""

import math

from ..files.geometry import Geometry
from ..files.grids import grid_of_most
from ..files.image_files import read_geometry
from .candidates import Candidates


def exchanged_by_grid(candidates: Candidates) -> list[str]:
    """A sentence about each source that has two images' label maps each on the other image's grid.

    Args:
        candidates: of each image, each with one file.

    Raises:
        InputError: a file cannot be read.
    """
    usual: dict[str, Geometry] = {}
    odd: dict[tuple[str, str], Geometry] = {}
    for image, found in sorted(candidates.items()):
        grids = [read_geometry(candidate.path) for candidate in found]
        usual[image] = grid_of_most(grids)
        for candidate, grid in zip(found, grids, strict=True):
            if usual[image].difference(grid) is not None:
                odd[candidate.name, image] = grid
    return [
        f"the label maps of '{name}' for the images '{image}' and '{other}' are each on the other image's grid, so "
        f"their files seem to be exchanged; exchange their names"
        for (name, image), grid in odd.items()
        for (also, other), of_other in odd.items()
        if name == also and image < other and _same(usual[other], grid) and _same(usual[image], of_other)
    ]


def _same(one: Geometry, other: Geometry) -> bool:
    """Whether two grids are the same; most of many pairs are told apart by their places alone."""
    near = one.size == other.size and math.dist(one.origin, other.origin) <= min(one.spacing)
    return near and one.difference(other) is None
