"""What a user should know about the input, one sentence each."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ...datasets.dataset_json import about_unlisted
from ...datasets.label_sets import LabelSets
from ...datasets.listing import label_maps_in
from ...wording import counted, first_of
from ..record.run_record import ImageRecord
from .checks import CheckedImage
from .request import Request
from .task import ImageTask

_FEW = 3
"""From at most so many voters nobody can know how sure labels are (docs/results.md)."""


def label_sets_of(
    images: Mapping[str, ImageTask], found: Mapping[str, CheckedImage], allow_doubtful: bool
) -> tuple[LabelSets, list[str]]:
    """Labels of the candidates that were read, and what a user should know about them."""
    sets = LabelSets()
    for image, checked in sorted(found.items()):
        for candidate, values, graded in zip(images[image].candidates, checked.labels, checked.graded, strict=False):
            sets.add(candidate, values, graded)
    noisy = [note for _, checked in sorted(found.items()) for note in checked.notes]
    remarks = first_of(noisy)
    sets.judge(remarks.append, allow_doubtful)
    return sets, remarks


def about_the_ignored(label: int | None) -> list[str]:
    if label is None:
        return []
    return [f"a candidate does not vote where it has the label {label}, which its dataset.json ignores"]


def about_ignoring(below: float | None, label: int | None) -> list[str]:
    """A sentence about the label that doubtful voxels get."""
    return [] if below is None else [f"-ignore_below: voxels whose label has a share below {below:g} become {label}"]


def about_certainty(calibrated: bool, images: Mapping[str, ImageTask]) -> list[str]:
    """A sentence about what nobody can know of few voters."""
    if not calibrated or not images or np.median([len(task.voters) for task in images.values()]) > _FEW:
        return []
    return [
        f"most images have {_FEW} voters or fewer, and nobody can know how often so few err together: "
        f"probabilities were off by up to 0.4 in our sets"
    ]


def about_kept(kept: Mapping[str, ImageRecord], overlap: float) -> list[str]:
    """A sentence about images that an earlier run calibrated by other images."""
    others = [
        found.calibration.of_images
        for found in kept.values()
        if found.calibration and found.calibration.of_images not in (None, overlap)
    ]
    if not others:
        return []
    return [
        f"probabilities of {len(others)} images that are done go by a mean overlap of {others[0]}, and the new ones by "
        f"{overlap}, since images were added; start anew without --continue if they should go by the same"
    ]


def about_folders(request: Request, images: Mapping[str, ImageTask]) -> list[str]:
    """Sentences about label maps that lie in the folders of the input or the output but do not take part."""
    unlisted = [sentence for folder in request.folders for sentence in about_unlisted(folder)]
    return _left_over(request.output, images) + unlisted


def _left_over(output: Path, images: Mapping[str, ImageTask]) -> list[str]:
    """A sentence about label maps in the output folder that belong to other images than these."""
    if not output.is_dir():
        return []
    others = [path.name for path, image in label_maps_in(output) if image not in images]
    if not others:
        return []
    number = counted(len(others), "label map")
    return [f"{output} holds {number} of images that are not fused here, such as {others[0]}; they stay as they are"]
