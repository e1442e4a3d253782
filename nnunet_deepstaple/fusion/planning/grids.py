"""Choose the grid onto which the candidates of an image are resampled, where they lie on several grids."""

from ...datasets.candidates import Candidates
from ...files.geometry import Geometry
from ...files.grids import grid_of_most, remedy
from ...files.label_maps import read_geometry


def grids_of(candidates: Candidates, notes: list[str]) -> dict[str, Geometry]:
    """The grid that most candidates of an image share, for each image whose candidates lie on several grids.

    Args:
        candidates: of each image.
        notes: gets a sentence about each source that lies on another grid.
    """
    grids: dict[str, Geometry] = {}
    moved: dict[str, list[str]] = {}
    for image, found in candidates.items():
        geometries = [read_geometry(candidate.path) for candidate in found]
        grid = grid_of_most(geometries)
        for candidate, geometry in zip(found, geometries, strict=True):
            if (difference := grid.difference(geometry)) is not None:
                grids[image] = grid
                moved.setdefault(candidate.name, []).append(f"{image} has {difference}; {remedy(grid, geometry)}")
    for name, reasons in moved.items():
        of_source = sum(candidate.name == name for found in candidates.values() for candidate in found)
        reason = reasons[0].partition("; ")
        notes.append(
            f"--resample brings '{name}' onto the grid that most candidates have, in {len(reasons)} of {of_source} "
            f"images, such as {reason[0]}: {reason[2].partition(';')[0]}"
        )
    return grids
