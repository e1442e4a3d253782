"""One image through nnU-Net's preprocessor, once for all its label maps."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from acvl_utils.cropping_and_padding.bounding_boxes import bounding_box_to_slice
from nnunetv2.preprocessing.preprocessors.default_preprocessor import DefaultPreprocessor
from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager, PlansManager
from numpy.typing import NDArray

from ..errors import InputError
from .configurations import FastLabels, ImageOnly, NoImage


@dataclass(frozen=True)
class Recipe:
    """What nnU-Net's preprocessor works with.

    Attributes:
        plans: content of the plans file.
        configuration: name of a configuration in it.
        dataset_json: content of dataset.json.
        fast_labels: label maps are resampled by :class:`.FastLabels`, not by the plans' function.
    """

    plans: dict[str, Any]
    configuration: str
    dataset_json: dict[str, Any]
    fast_labels: bool

    @property
    def manager(self) -> PlansManager:
        return PlansManager(self.plans)

    @property
    def settings(self) -> ConfigurationManager:
        settings = self.manager.get_configuration(self.configuration)
        return FastLabels(settings.configuration) if self.fast_labels else settings

    @property
    def preprocessor(self) -> DefaultPreprocessor:
        return self.settings.preprocessor_class(verbose=False)


@dataclass(frozen=True)
class Labels:
    """A label map on the image's preprocessed grid.

    Attributes:
        array: (1, x, y, z).
        properties: what nnU-Net stores in the case's ``.pkl``.
        spills: whether labels lie outside the image's nonzero area.
    """

    array: NDArray
    properties: dict[str, Any]
    spills: bool


class SharedImage:
    """A preprocessed image to which label maps are added one after another.

    Attributes:
        array: the image, (channel, x, y, z); a single voxel if its values are not needed.
    """

    def __init__(self, recipe: Recipe, data: NDArray, properties: dict[str, Any], *, values: bool = True) -> None:
        """Take an image through the preprocessor, without any label map, as nnU-Net does to predict.

        Args:
            recipe: the preprocessor and its settings.
            data: the image as nnU-Net reads it, (channel, x, y, z).
            properties: what nnU-Net reads with it.
            values: whether its values are needed, or only the area and the grid for the label maps.
        """
        self._manager, self._settings, self._preprocessor = recipe.manager, recipe.settings, recipe.preprocessor
        self._dataset_json = recipe.dataset_json
        self._shape = data.shape[1:]
        kept = (ImageOnly if values else NoImage)(self._settings.configuration)
        self.array, _, self._properties = self._preprocessor.run_case_npy(
            data, None, properties, self._manager, kept, self._dataset_json
        )
        self._outside, self._grid = kept.outside, kept.grid

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the preprocessed image without its channels."""
        return tuple(int(size) for size in self._grid[0])

    def add(self, labels: NDArray, file: str) -> Labels:
        """Put a label map on the image's preprocessed grid, and draw the locations of its classes, as nnU-Net does.

        Args:
            labels: the label map as nnU-Net reads it, (1, x, y, z).
            file: where it is from.

        Raises:
            InputError: its shape differs from the image's.
        """
        if labels.shape[1:] != self._shape:
            raise InputError(f"{file} has shape {labels.shape[1:]}, its image {self._shape}; resample it to that grid")
        axes = [axis + 1 for axis in self._manager.transpose_forward]
        crop = (slice(None), *bounding_box_to_slice(self._properties["bbox_used_for_cropping"]))
        labels = np.copy(labels.transpose([0, *axes])[crop])
        spills = bool(labels[self._outside].any())
        labels[(labels == 0) & self._outside] = -1
        labels = self._settings.resampling_fn_seg(labels, *self._grid)
        names = self._manager.get_label_manager(self._dataset_json)
        classes = list(names.foreground_regions if names.has_regions else names.foreground_labels)
        if names.has_ignore_label:
            classes.append([-1, *names.all_labels])
        properties = deepcopy(self._properties)
        properties["class_locations"] = self._preprocessor._sample_foreground_locations(labels, classes, verbose=False)
        labels = self._preprocessor.modify_seg_fn(labels, self._manager, self._dataset_json, self._settings)
        return Labels(labels, properties, spills)
