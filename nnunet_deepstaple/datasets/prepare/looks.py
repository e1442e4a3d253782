"""Read the candidates of one image, and its channels, once, and tell what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...files.buffer import BUFFER
from ...files.endings import ending_of, has_spacing
from ...files.geometry import Geometry
from ...files.grids import OUTSIDE, remedy
from ...files.image_files import needs_nibabel, read_geometry
from ..candidates import Candidate
from ..common_labels import CommonReader
from ..image_looks import ImageLook, look_at_image
from ..label_sets import is_graded, values_of


@dataclass(frozen=True)
class CandidateLook:
    """What was found in one candidate: label values, whether they change from voxel to voxel, and what is odd.

    ``silent`` is whether it says nothing about some voxels, which then get the ignore label.
    """

    values: set[int]
    graded: bool
    rewritten: bool
    notes: list[str]
    silent: bool


@dataclass(frozen=True)
class Looks:
    """What was found in the candidates of one image, and in its channels, if they were read."""

    images: list[ImageLook]
    candidates: list[CandidateLook]


def look_at(ending: str, common: CommonReader, item: tuple[Geometry, Sequence[Candidate], Sequence[Path]]) -> Looks:
    """Read the candidates and channels of one image; its geometry comes first, and its files have ``ending``."""
    image, candidates, channels = item
    looks = []
    for candidate in candidates:
        rewritten = common.resample or _needs_rewriting(candidate, image, ending) or bool(common)
        noise: list[str] = []
        labels, _ = common.read(candidate, image, noise.append, BUFFER)
        values = values_of(labels)
        silent = bool(common) and OUTSIDE in values
        values -= {OUTSIDE} if silent else set()
        looks.append(CandidateLook(values, is_graded(labels, len(values)), rewritten or bool(noise), noise, silent))
    return Looks([look_at_image(path) for path in channels], looks)


def _needs_rewriting(candidate: Candidate, image: Geometry, ending: str) -> bool:
    geometry = read_geometry(candidate.path)
    if not has_spacing(candidate.path):
        geometry = replace(geometry, spacing=image.spacing)
    difference = image.difference(geometry)
    if difference is not None:
        raise InputError(f"{candidate.path} has {difference} in image '{candidate.image}': {remedy(image, geometry)}")
    return (
        ending_of(candidate.path) != ending
        or not has_spacing(candidate.path)
        or not _same_to_nnunet(image, geometry)
        or (image.orthonormal and needs_nibabel(candidate.path))
    )


def _same_to_nnunet(one: Geometry, other: Geometry) -> bool:
    """Whether ``nnUNetv2_plan_and_preprocess --verify_dataset_integrity`` accepts the geometries as equal."""
    return (
        np.allclose(other.spacing, one.spacing)
        and np.allclose(one.origin, other.origin)
        and np.allclose(one.direction, other.direction)
    )
