"""Numbers of images for tests of what is made of them."""

from pathlib import Path

import numpy as np

from nnunet_deepstaple.report.numbers import ImageNumbers, LabelMapNumbers
from nnunet_deepstaple.report.pages import Frame, index_page, write_assets
from nnunet_deepstaple.report.ranking import CAPTION, rank
from nnunet_deepstaple.report.strip_plot import plot_strips


def candidate(name="a", score=0.8, **values) -> LabelMapNumbers:
    given = {
        "weight": 0.5,
        "dice": 0.9,
        "volumes": {"1": 10.0},
        "sensitivity": 0.9,
        "specificity": 0.8,
        "without": 0.99,
    }
    return LabelMapNumbers(name=name, score=score, **given | values)


def image_numbers(image="image0", candidates=(), **values) -> ImageNumbers:
    given = {
        "page": image,
        "predictions": [],
        "volumes": {"1": 10.0},
        "effective": 2.0,
        "disputed": 0.3,
        "expected_error": 0.1,
        "confirmed": None,
    }
    return ImageNumbers(image=image, candidates=list(candidates), **given | values)


def write_large_index(folder: Path, images: int, candidates: int) -> Path:
    """Write an index with random numbers."""
    random = np.random.default_rng(0)
    ranked = rank(
        [
            image_numbers(
                f"image_{number:04d}",
                [candidate(f"rater_{k}", float(random.uniform())) for k in range(candidates)],
                expected_error=float(random.uniform()),
            )
            for number in range(images)
        ]
    )
    folder.mkdir()
    write_assets(folder / "assets", ranked)
    index = folder / "index.html"
    frame = Frame("key", "weighted", "agreement", {}, has_truth=False)
    index.write_text(index_page(frame, ranked, plot_strips(ranked), [], CAPTION), encoding="utf-8")
    return index
