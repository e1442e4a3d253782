"""How much of nnU-Net's preprocessing can be shared by the cases of an image, tried out before it is trusted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from nnunetv2.preprocessing.normalization import default_normalization_schemes
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from numpy.typing import NDArray

from ..errors import InputError
from .configurations import FastLabels
from .shared_image import Recipe, SharedImage

_WHOLE_CASE = ("run_case_npy", "run_case", "run_case_save", "_normalize")
"""Methods of a preprocessor that see image and labels together."""

_TRIALS = 6
_LARGEST = 14
"""Voxels along an axis of the volumes that are tried."""


@dataclass(frozen=True)
class Sharing:
    """What the cases of an image share.

    Attributes:
        recipe: the preprocessor with its settings; says how label maps are resampled.
        one_image: whether the image is computed once for all of them.
        notes: why something is not shared, or slow.
    """

    recipe: Recipe
    one_image: bool
    notes: list[str]


def choose_sharing(plans: dict[str, Any], configuration: str, dataset_json: dict[str, Any]) -> Sharing:
    """Choose the fastest way that gives what nnU-Net's own way gives.

    Raises:
        InputError: the plans' preprocessor is unknown, or prepares whole datasets in a way of its own.
    """
    recipe = Recipe(plans, configuration, dataset_json, fast_labels=False)
    notes = []
    settings = recipe.settings
    if settings.preprocessor_class is None:
        raise InputError(
            f"nnU-Net knows no preprocessor '{settings.preprocessor_name}', which {configuration} names; plan again"
        )
    if _own(settings.preprocessor_class, "run"):
        raise InputError(
            f"{settings.preprocessor_name} prepares whole datasets in its own way; use nnUNetv2_preprocess for it"
        )
    fast = FastLabels.suits(settings)
    if not fast:
        notes.append(
            "the plans resample label maps in another way than nnU-Net's default; theirs is used, label maps "
            "take longer"
        )
    reason = _whole_case(recipe)
    if reason:
        notes.append(f"{reason}; every case is computed by itself, as slowly as by nnUNetv2_preprocess")
    if fast and not _agrees(replace(recipe, fast_labels=True), one_image=not reason):
        notes.append(
            "the installed nnU-Net resamples label maps otherwise than the fast way; its own is used, label "
            "maps take longer"
        )
        fast = False
    recipe = replace(recipe, fast_labels=fast)
    if not reason and not fast and not _agrees(recipe, one_image=True):
        reason = "the installed nnU-Net prepares cases otherwise than is known here"
        notes.append(f"{reason}; every case is computed by itself, as slowly as by nnUNetv2_preprocess")
    return Sharing(recipe, not reason, notes)


def _own(preprocessor: type, method: str) -> bool:
    return getattr(preprocessor, method) is not getattr(DefaultPreprocessor, method)


def _whole_case(recipe: Recipe) -> str | None:
    """Why an image cannot be computed without a case's labels; None if it can."""
    settings = recipe.settings
    for method in _WHOLE_CASE:
        if _own(settings.preprocessor_class, method):
            return f"{settings.preprocessor_name} has its own {method}"
    for scheme in settings.normalization_schemes:
        if not hasattr(default_normalization_schemes, scheme):
            return f"the normalisation {scheme} is none of nnU-Net's and may look at labels"
    return None


def _agrees(recipe: Recipe, *, one_image: bool) -> bool:
    """Whether random volumes come out as nnU-Net's preprocessor alone makes them."""
    random = np.random.default_rng(12)
    return all(_same(recipe, one_image, *volume) for volume in _volumes(recipe, random))


def _volumes(recipe: Recipe, random: np.random.Generator) -> Iterator[tuple[NDArray, NDArray, dict[str, Any]]]:
    """Image, label map and properties of small volumes, on grids finer and coarser than the configuration's."""
    settings = recipe.settings
    names = recipe.manager.get_label_manager(recipe.dataset_json)
    values = [*names.all_labels, *([names.ignore_label] if names.has_ignore_label else [])]
    for trial in range(_TRIALS):
        shape = random.integers(5, _LARGEST, 3)
        spacing = np.array([random.uniform(0.5, 5), *settings.spacing][-3:]) * random.uniform(0.6, 1.7, 3)
        if trial % 3 == 2:
            spacing[random.integers(3)] *= 5  # so that slices are resampled one by one
        axes = np.argsort(recipe.manager.transpose_forward)
        data = random.uniform(1, 200, (len(settings.normalization_schemes), *shape)).astype(np.float32)
        data[:, : random.integers(3)] = 0
        labels = random.choice(values, (1, *shape)).astype(np.float32)
        if trial % 2:
            labels[:, data[0] == 0] = 0  # no label outside the nonzero area
        yield data, labels, {"spacing": [float(spacing[axis]) for axis in axes]}


def _same(recipe: Recipe, one_image: bool, data: NDArray, labels: NDArray, properties: dict[str, Any]) -> bool:
    settings = replace(recipe, fast_labels=False).settings
    one, other = dict(properties), dict(properties)
    image, expected, known = recipe.preprocessor.run_case_npy(
        data, labels, one, recipe.manager, settings, recipe.dataset_json
    )
    if not one_image:
        _, found, _ = recipe.preprocessor.run_case_npy(
            data, labels, other, recipe.manager, recipe.settings, recipe.dataset_json
        )
        return bool(np.array_equal(found, expected))
    shared = SharedImage(recipe, data, other)
    added = shared.add(labels, "a random label map")
    masked = added.spills and any(settings.use_mask_for_norm)
    return (
        (masked or np.array_equal(shared.array, image))
        and shared.shape == image.shape[1:]
        and np.array_equal(added.array, expected)
        and _equal(added.properties, known)
    )


def _equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two cases' properties hold the same."""
    one, other = dict(one), dict(other)
    found, expected = one.pop("class_locations"), other.pop("class_locations")
    return (
        one == other
        and found.keys() == expected.keys()
        and all(np.array_equal(found[name], expected[name]) for name in expected)
    )
