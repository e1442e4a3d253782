"""A configuration of the plans as nnU-Net's preprocessor gets it, with another way to resample label maps."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from nnunetv2.preprocessing.resampling.default_resampling import (
    determine_do_sep_z_and_axis,
    resample_data_or_seg_to_shape,
)
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager
from numpy.typing import NDArray

from .label_resampling import resample_labels

Resampling = Callable[..., NDArray]
"""nnU-Net's resampling functions: array (channel, x, y, z), new shape, current spacing, new spacing."""


class FastLabels(ConfigurationManager):
    """A configuration whose label maps are resampled fast, to the same values."""

    @property
    def resampling_fn_seg(self) -> Resampling:
        settings = inspect.signature(resample_data_or_seg_to_shape).bind_partial(**super().resampling_fn_seg.keywords)
        settings.apply_defaults()
        separate = settings.arguments["force_separate_z"], settings.arguments["separate_z_anisotropy_threshold"]

        def resample(labels: NDArray, shape: Any, spacing: Any, new_spacing: Any) -> NDArray:
            if np.array_equal(labels.shape[1:], shape):
                return labels
            force, threshold = separate
            _, axis = determine_do_sep_z_and_axis(force, spacing, new_spacing, threshold)
            return np.stack([resample_labels(channel, shape, axis) for channel in labels])

        return resample

    @classmethod
    def suits(cls, configuration: ConfigurationManager) -> bool:
        """Whether the configuration resamples label maps as :mod:`.label_resampling` does."""
        function = configuration.resampling_fn_seg
        settings = {"order": 3, "order_z": 0, "is_seg": False, **function.keywords}
        return (
            function.func is resample_data_or_seg_to_shape
            and settings["is_seg"] is True
            and (settings["order"], settings["order_z"]) == (1, 0)
        )


class ImageOnly(ConfigurationManager):
    """A configuration for an image that goes through nnU-Net's preprocessor without label map.

    nnU-Net then makes a label map of its own, with -1 outside the nonzero area. This class keeps that map, and the grid
    to which it would be resampled, for the label maps that follow.

    Attributes:
        outside: voxels outside the nonzero area, (1, x, y, z), cropped and not yet resampled.
        grid: what nnU-Net's resampling functions take after the array.
    """

    outside: NDArray[np.bool_]
    grid: tuple[Any, Any, Any]

    @property
    def resampling_fn_seg(self) -> Resampling:
        def keep(labels: NDArray, *grid: Any) -> NDArray:
            self.outside = labels < 0
            self.grid = (grid[0], grid[1], grid[2])
            return labels

        return keep


class NoImage(ImageOnly):
    """The same for an image whose values are not needed: it is neither normalised nor resampled."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        channels = len(configuration["normalization_schemes"])
        schemes = {"normalization_schemes": ["NoNormalization"] * channels, "use_mask_for_norm": [False] * channels}
        super().__init__({**configuration, **schemes})

    @property
    def resampling_fn_data(self) -> Resampling:
        return lambda data, *_: data[:1, :1, :1, :1]
