"""Read some images before all are fused: choose the features, judge networks, and measure how voters overlap."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ...processes import each
from ...progress import Progress
from ..weights.features import KINDS
from ..weights.joint import SEARCH, JointOptions
from ..weights.networks import network_trust
from .atlas_images import JUDGED, choose_features, spread
from .checks import compare_features, measure_overlap
from .choice import Choice
from .request import AUTO, Request
from .task import ImageTask, Method

_JUDGED = 50
"""Largest number of images on which a network is judged, or on which voters are compared."""

_NOTED = 0.95
"""There is a note about each network that keeps less than this part of its weight."""


def joint_options(
    images: Mapping[str, ImageTask], request: Request, choice: Choice, ignored: int | None, progress: Progress
) -> tuple[JointOptions | None, list[str]]:
    """How images are compared, and sentences that say why."""
    if request.atlas_images is None:
        return None, []
    options = {
        features: JointOptions(
            features, request.patch_radius, SEARCH[features] if request.search is None else request.search
        )
        for features in KINDS
    }
    if request.features != AUTO:
        return options[request.features], []
    kinds = [JointOptions(features, request.patch_radius) for features in KINDS]  # a short search is enough
    judged = {image: images[image] for image in spread((one for one in images if images[one].images), JUDGED)}
    comparing = each(
        partial(compare_features, choice.score_trust, choice.rule, ignored, kinds), judged, request.workers
    )
    found = dict(progress(comparing, "Judging features", len(judged)))
    gains = {kind.features: [found[image][kind.features] for image in sorted(found)] for kind in kinds}
    features, why = choose_features(gains, request.atlas_images)
    return options[features], [why]


def trust_in_networks(
    images: Mapping[str, ImageTask],
    compare: Callable[[ImageTask], dict[str, tuple[float, float]]],
    request: Request,
    progress: Progress,
) -> dict[str, float]:
    """Trust in the network of each kind of predictions, judged on a spread sample of the images that it predicted."""
    predicted: dict[str, list[str]] = {}
    for image, task in sorted(images.items()):
        for prediction in task.predictions:
            predicted.setdefault(prediction.name, []).append(image)
    judged = {one: images[one] for some in predicted.values() for one in some[:: -(-len(some) // _JUDGED)]}
    if not judged:
        return {}
    comparing = each(compare, judged, request.workers)
    found: dict[str, list[tuple[float, float]]] = {}
    for _, compared in progress(comparing, "Judging predictions", len(judged)):
        for name, dice in compared.items():
            found.setdefault(name, []).append(dice)
    return {name: network_trust(*np.array(sorted(dice)).T) for name, dice in found.items()}


def overlap_of_images(images: Mapping[str, ImageTask], method: Method, request: Request, progress: Progress) -> float:
    """Mean overlap of the voters, over a spread sample of all images, those of other parts too.

    Returns:
        It has six digits, so that the parts of a fusion agree on it wherever they run; NaN for a single image, or where
        shares are not calibrated.
    """
    several = [image for image, task in images.items() if not task.corrected]
    if not method.calibrated or len(several) < 2:
        return np.nan
    judged = {image: images[image] for image in spread(several, _JUDGED)}
    measuring = each(partial(measure_overlap, method), judged, request.workers)
    found = dict(progress(measuring, "Comparing voters", len(judged)))
    known = [found[image] for image in sorted(found) if not np.isnan(found[image])]
    return float(f"{math.fsum(known) / len(known):.6g}") if known else np.nan


def about_networks(trust: Mapping[str, float]) -> list[str]:
    """A sentence about each network whose predictions lose weight."""
    return [
        f"{name} votes with {kept:.0%} of its weight: the candidates confirm the network less than each other"
        for name, kept in sorted(trust.items())
        if kept < _NOTED
    ]
