"""What a preprocessed folder depends on, as its record keeps it."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from .cases import Image
from .image_files import stored
from .sharing import Sharing

_LIBRARIES = ("nnunet-deepstaple", "nnunetv2", "numpy", "scipy", "scikit-image", "torch", "SimpleITK")
_WITHOUT_STATISTICS = {"ZScoreNormalization", "NoNormalization", "RescaleTo01Normalization", "RGBTo01Normalization"}
"""Normalisations that do not look at the intensities of the whole dataset."""


def request(sharing: Sharing, images: Mapping[str, Image], *, labels_in_norm: bool) -> dict[str, Any]:
    """All that a preprocessed folder depends on, as JSON gives it back.

    Its entry ``image`` is what the image's files alone depend on, beside the files in ``files``.
    """
    plans, recipe = sharing.recipe.plans, sharing.recipe
    content = {
        "image": _of_the_image(sharing),
        "configuration": recipe.settings.configuration,
        "label_manager": recipe.manager.label_manager_class.__name__,
        "statistics": recipe.manager.foreground_intensity_properties_per_channel,
        "transpose": plans["transpose_forward"],
        "labels": {key: recipe.dataset_json.get(key) for key in ("labels", "regions_class_order")},
        "labels_in_norm": labels_in_norm,
        "sharing": {"image": sharing.one_image, "fast_labels": recipe.fast_labels, "notes": sharing.notes},
        "files": {
            name: {
                "image": [_file(path) for path in image.files],
                "labels": {case: _file(path) for case, path in image.labels.items()},
            }
            for name, image in images.items()
        },
    }
    answer: dict[str, Any] = json.loads(json.dumps(content))
    return answer


def _of_the_image(sharing: Sharing) -> dict[str, Any]:
    recipe = sharing.recipe
    settings = recipe.settings.configuration
    names = (
        "preprocessor_name",
        "spacing",
        "normalization_schemes",
        "use_mask_for_norm",
        "patch_size",
        "resampling_fn_data",
        "resampling_fn_data_kwargs",
    )
    statistics = recipe.manager.foreground_intensity_properties_per_channel
    return {
        **{name: settings[name] for name in names},
        "reader": recipe.plans["image_reader_writer"],
        "transpose": recipe.plans["transpose_forward"],
        "statistics": None if _WITHOUT_STATISTICS.issuperset(settings["normalization_schemes"]) else statistics,
        "versions": {library: version(library) for library in _LIBRARIES},
    }


def _file(path: str) -> list[Any]:
    return [str(Path(path).resolve()), *stored(Path(path))]
