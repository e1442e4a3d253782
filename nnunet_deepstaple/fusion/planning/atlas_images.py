"""Find the images that belong to the candidates, and choose the features that compare their patches."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidates
from ...datasets.case_ids import case_id, comparable, spelled
from ...datasets.consensus_dataset import images_of_candidates
from ...datasets.listing import label_maps_in
from ...datasets.raw_dataset import find_images
from ...errors import InputError
from ..votes.atlas_images import AtlasImages
from ..weights.features import INTENSITY, MIND

ENOUGH = 0.5
"""Intensities are used if their gain is at least this part of MIND's gain (docs/results.md)."""

JUDGED = 8
"""Largest number of images on which features are judged."""


def find_atlas_images(
    folders: Sequence[Path], candidates: Candidates, images: Path | None, warped: Path
) -> tuple[dict[str, AtlasImages], list[str]]:
    """Find the images of the targets, and the warped ones of their candidates.

    Args:
        folders: of the candidates.
        candidates: of each image.
        images: folder of ``<image>_0000<ending>``, …; None for those that a dataset.json beside the candidates names.
        warped: folder of ``<image>__<candidate><ending>``, or ``<image>__<candidate>_0000<ending>``, ….

    Returns:
        The files of each image that has at least one candidate with a warped image; and what a user should know.

    Raises:
        InputError: an image cannot be found, no candidate has one, or channels are missing.
    """
    targets = _targets(folders, candidates, images)
    cases = {comparable(case_id(image, one.name)) for image, proposed in candidates.items() for one in proposed}
    found = _warped(warped, cases)
    of_image: dict[str, AtlasImages] = {}
    without: list[str] = []
    for image, proposed in candidates.items():
        channels = [found.pop(comparable(case_id(image, one.name)), []) for one in proposed]
        without += [one.case for one, paths in zip(proposed, channels, strict=True) if not paths]
        if not any(channels):
            continue
        if image not in targets:
            raise InputError(
                f"the image '{image}' is not known, and -atlas_images has images warped to it; "
                f"give the folder of {image}_0000 with -images"
            )
        for paths in filter(None, channels):
            if len(paths) != len(targets[image]):
                raise InputError(
                    f"{paths[0]} has {len(paths)} channels and {targets[image][0]} {len(targets[image])}; "
                    f"warp each channel, to <image>__<atlas>_0000, _0001, …"
                )
        of_image[image] = AtlasImages(targets[image], channels)
    if not of_image:
        example = next(iter(candidates.values()))[0]
        raise InputError(
            f"-atlas_images {warped} has no image of any candidate, such as {example.case}.nii.gz; name the warped "
            f"images as the candidates are, <image>__<atlas>, or leave it out where candidates are raters or models"
        )
    notes = []
    if without:
        notes.append(
            f"{len(without)} candidates have no warped image, such as '{without[0]}', and vote with the weight that "
            f"their overlap gives them"
        )
    if found:
        others = sum(map(len, found.values()))
        notes.append(f"{others} files in {warped} belong to no candidate, such as {next(iter(found.values()))[0].name}")
    return of_image, notes


def choose_features(gains: Mapping[str, Sequence[float]], warped: Path) -> tuple[str, str]:
    """Choose the features for which patches that look alike have labels that agree.

    Args:
        gains: of each kind of features in some images (:func:`~..weights.joint.agreement_gain`).
        warped: folder of the warped images.

    Returns:
        The features, and a sentence that says why.

    Raises:
        InputError: no kind of features does this.
    """
    mean = {name: float(np.mean(values)) for name, values in gains.items()}
    measured = f"{mean[INTENSITY]:+.3f} by intensities, {mean[MIND]:+.3f} by MIND, in {len(gains[MIND])} images"
    if max(mean.values()) <= 0:
        raise InputError(
            f"-atlas_images {warped}: atlases that look like the image carry labels that others confirm no more than "
            f"any ({measured}); warp the images as their labels were, or insist with -features {MIND}"
        )
    if mean[INTENSITY] >= ENOUGH * mean[MIND]:
        return INTENSITY, f"patches are compared by intensities: agreement of look-alikes {measured}"
    return MIND, f"patches are compared by MIND, because intensities tell less: agreement of look-alikes {measured}"


def spread(images: Iterable[str], count: int) -> list[str]:
    """At most ``count`` images, spread evenly over all."""
    ordered = sorted(images)
    return ordered[:: -(-len(ordered) // count)]


def _targets(folders: Sequence[Path], candidates: Candidates, images: Path | None) -> dict[str, list[Path]]:
    if images is None:
        return images_of_candidates(folders, candidates)
    channels = {spelled(image): paths for image, paths in find_images(images).channels.items()}
    return {image: channels[spelled(image)] for image in candidates if spelled(image) in channels}


def _warped(folder: Path, cases: set[str]) -> dict[str, list[Path]]:
    """Channels of each warped image, by the id of its case, also for cases that are not in ``cases``."""
    if not folder.is_dir():
        raise InputError(f"-atlas_images {folder} is no folder; give the folder of <image>__<atlas><ending>")
    found: dict[str, list[Path]] = {}
    for path, stem in label_maps_in(folder):
        case, numbered = comparable(stem), re.fullmatch(r"(.+)_\d{4}", stem, re.DOTALL)
        if case not in cases and numbered:  # an atlas' own name may end in four digits
            case = comparable(numbered[1])
        found.setdefault(case, []).append(path)
    return found
