"""Records for tests."""

from nnunet_deepstaple.fusion.record.run_record import FORMAT, ImageRecord, RunRecord

HEADER = RunRecord(
    format=FORMAT,
    nnunet_deepstaple="0.1.0",
    numpy="2",
    SimpleITK="2.5",
    candidates_from=["candidates"],
    layout="flat",
    rule="staple",
)

FOUR_CANDIDATES = ImageRecord(
    candidates=["a", "b", "c", "d"],
    weights=[0.25] * 4,
    effective_candidates=4.0,
    quality={},
    convergence={},
    patterns=3,
    voxels={},
    volume={},
    warnings=[],
)
"""Of an image with four candidates of equal weight."""


def image(patterns: int = 0) -> ImageRecord:
    return ImageRecord(
        candidates=["x", "y"],
        weights=None,
        effective_candidates=None,
        quality={"sensitivity": [[1.0, None], [0.5, 0.5]], "dice": [0.5, None]},
        convergence={"iterations": 3, "converged": True},
        patterns=patterns,
        voxels={"0": 9, "1": 1},
        volume={"1": 2.5},
        warnings=[],
    )
