"""Read some images before all are fused, to choose the features and to find how far networks are trusted."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from ...processes import each
from ...progress import Progress
from ..weights.features import KINDS
from ..weights.joint import SEARCH, JointOptions
from ..weights.networks import network_trust
from .atlas_images import JUDGED, choose_features, spread
from .checks import compare_features
from .choice import Choice
from .request import AUTO, Request
from .task import ImageTask

_JUDGED = 50
"""Largest number of images on which a network is judged."""

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


def about_networks(trust: Mapping[str, float]) -> list[str]:
    """A sentence about each network whose predictions lose weight."""
    return [
        f"{name} votes with {kept:.0%} of its weight: the candidates confirm the network less than each other"
        for name, kept in sorted(trust.items())
        if kept < _NOTED
    ]
