"""Choose the grid onto which the candidates of an image are resampled, where they lie on several grids."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ...datasets.candidates import Candidates
from ...datasets.true_labels import NAME as TRUE_LABELS
from ...files.geometry import Geometry
from ...files.grids import grid_of_most, remedy
from ...files.image_files import read_geometry


def grids_of(candidates: Candidates, notes: list[str], truth: Mapping[str, Path] | None = None) -> dict[str, Geometry]:
    """The grid that most candidates of an image share, for each image whose label maps lie on several grids.

    Args:
        candidates: of each image.
        notes: gets a sentence about each source that lies on another grid, and one about such true labels.
        truth: true labels of some images, which have no say in the choice.
    """
    grids: dict[str, Geometry] = {}
    moved: dict[str, list[str]] = {}
    count: Counter[str] = Counter()
    for image, found in candidates.items():
        geometries = [read_geometry(candidate.path) for candidate in found]
        grid = grid_of_most(geometries)
        names = [candidate.name for candidate in found]
        if truth and image in truth:
            geometries.append(read_geometry(truth[image]))
            names.append(TRUE_LABELS)
        count.update(names)
        for name, geometry in zip(names, geometries, strict=True):
            if (difference := grid.difference(geometry)) is not None:
                grids[image] = grid
                moved.setdefault(name, []).append(f"{image} has {difference}; {remedy(grid, geometry)}")
    for name, reasons in moved.items():
        reason = reasons[0].partition("; ")
        notes.append(
            f"--resample brings '{name}' onto the grid that most candidates have, in {len(reasons)} of {count[name]} "
            f"images, such as {reason[0]}: {reason[2].partition(';')[0]}"
        )
    return grids
