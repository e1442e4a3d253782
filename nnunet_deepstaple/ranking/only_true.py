"""Structures that true labels have and no source shows in any image: sources are not ranked by them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from .measure import ImageMeasures


def without_only_true(
    measured: Mapping[str, ImageMeasures], truth: Path | None
) -> tuple[dict[str, ImageMeasures], list[str]]:
    """Leave out the structures that only the true labels have.

    Args:
        measured: by image.
        truth: folder of the true labels.

    Returns:
        The measures without them, and a sentence about each of them.

    Raises:
        InputError: true labels and sources have no structure in common.
    """
    named = dict.fromkeys(name for one in measured.values() for name in one.structures)
    shown: set[str] = set()
    for one in measured.values():
        shown.update(name for name, measures in one.structures.items() if np.isfinite(measures.match).any())
    lacking = [name for name in named if name not in shown]
    if not lacking or not shown:
        return dict(measured), []
    kept = {image: _keep(one, shown) for image, one in measured.items()}
    if not any((measures.dice > 0).any() for one in kept.values() for measures in one.structures.values()):
        raise InputError(
            f"-gt {truth} has {_quoted(lacking)}, and the sources have {_quoted(sorted(shown))}, which overlap "
            f"nowhere; give true labels whose numbers mean the same"
        )
    return kept, [
        f"no source shows '{name}', which true labels have, so it is left out; if its voxels are to be ignored, "
        f"name it 'ignore' in a dataset.json beside the true labels"
        for name in lacking
    ]


def _keep(one: ImageMeasures, names: set[str]) -> ImageMeasures:
    return replace(
        one,
        structures={name: found for name, found in one.structures.items() if name in names},
        consensus={name: found for name, found in one.consensus.items() if name in names},
    )


def _quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
