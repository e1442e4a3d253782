"""nnU-Net's fingerprint of a dataset, byte for byte, with each image read and cropped once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from acvl_utils.cropping_and_padding.bounding_boxes import bounding_box_to_slice
from batchgenerators.utilities.file_and_folder_operations import save_json
from nnunetv2.experiment_planning.dataset_fingerprint.fingerprint_extractor import DatasetFingerprintExtractor
from nnunetv2.imageio.reader_writer_registry import determine_reader_writer_from_dataset_json
from nnunetv2.preprocessing.cropping.cropping import crop_to_nonzero
from numpy.typing import NDArray

from ..errors import InputError
from ..files.atomic import atomic_path, writing
from ..processes import Workers, each
from ..progress import Progress
from .cases import Image, count_cases, images_with_cases
from .image_files import reading

FILE = "dataset_fingerprint.json"


@dataclass(frozen=True)
class Share:
    """What an image and its candidates add to the fingerprint.

    Attributes:
        shape: of the image, cropped to its nonzero area.
        spacing: of its axes.
        relative_size: voxels after cropping, as a share of those before.
        intensities: for each case, the sampled foreground intensities of each channel.
    """

    shape: tuple[int, ...]
    spacing: list[float]
    relative_size: float
    intensities: dict[str, list[Any]]


def extract_fingerprint(raw: Path, folder: Path, workers: Workers, progress: Progress) -> Path:
    """Write the fingerprint that ``nnUNetv2_extract_fingerprint`` writes.

    Args:
        raw: folder of the raw dataset.
        folder: the dataset's folder among nnU-Net's preprocessed ones.
        workers: who works on the images, see :func:`~nnunet_deepstaple.processes.each`.
        progress: shows how far the run is.

    Returns:
        The file.

    Raises:
        InputError: a file is missing or wrong, or cannot be written.
        RunError: a process died.
    """
    extractor = DatasetFingerprintExtractor(raw.name)
    images = images_with_cases(raw, extractor.dataset_json)
    first = next(iter(images.values()))
    reader = determine_reader_writer_from_dataset_json(extractor.dataset_json, first.files[0], verbose=False)
    samples = int(extractor.num_foreground_voxels_for_intensitystats // count_cases(images))
    shares: dict[str, Share] = {}
    taking = each(partial(_take_share, reader, samples), images, workers)
    for name, share in progress(taking, "Fingerprint", len(images)):
        shares.update(dict.fromkeys(images[name].labels, share))
    content = _put_together({case: shares[case] for case in extractor.dataset})
    file = folder / FILE
    with writing(file):
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as temporary:
            save_json(content, str(temporary))
    return file


def _take_share(reader: type, samples: int, image: Image) -> Share:
    with reading(*image.files):
        data, properties = reader().read_images(image.files)
    whole = data.shape[1:]
    data, _, box = crop_to_nonzero(data)
    crop = (slice(None), *bounding_box_to_slice(box))
    intensities = {}
    for case, file in image.labels.items():
        with reading(file):
            labels, _ = reader().read_seg(file)
        if labels.shape[1:] != whole:
            raise InputError(f"{file} has shape {labels.shape[1:]}, its image {whole}; resample it to that grid")
        drawn, _ = DatasetFingerprintExtractor.collect_foreground_intensities(labels[crop], data, num_samples=samples)
        intensities[case] = drawn
    return Share(data.shape[1:], properties["spacing"], np.prod(data.shape[1:]) / np.prod(whole), intensities)


def _put_together(shares: Mapping[str, Share]) -> dict[str, Any]:
    """The fingerprint; every image counts once for each of its cases.

    Args:
        shares: that of the image of each case, in the order of the dataset.
    """
    channels = len(next(iter(next(iter(shares.values())).intensities.values())))
    pooled = ([share.intensities[case][channel] for case, share in shares.items()] for channel in range(channels))
    return {
        "spacings": [share.spacing for share in shares.values()],
        "shapes_after_crop": [share.shape for share in shares.values()],
        "foreground_intensity_properties_per_channel": dict(enumerate(map(_statistics, pooled))),
        "median_relative_size_after_cropping": np.median([share.relative_size for share in shares.values()], 0),
    }


def _statistics(drawn: Sequence[NDArray]) -> dict[str, float]:
    values = np.concatenate(drawn)
    if not len(values):
        raise InputError("no label map has any foreground, so there are no intensities to plan with; check the labels")
    low, median, high = np.percentile(values, (0.5, 50.0, 99.5))
    return {
        "mean": float(np.mean(values)),
        "median": float(median),
        "std": float(np.std(values)),
        "min": float(np.min(values)),
        "max": float(np.max(values)),
        "percentile_99_5": float(high),
        "percentile_00_5": float(low),
    }
