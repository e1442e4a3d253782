"""The files of all cases of one image, in which the image itself is stored once."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import blosc2
import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files.atomic import writing
from ..files.detached import require_own_voxels
from ..files.fingerprint import file_state
from ..files.typed_json import to_json
from .cases import Image
from .record import PreprocessedImage
from .shared_image import SharedImage
from .sharing import Sharing
from .unfinished import RESULT, Unfinished

PLACEHOLDER = np.zeros((1, 1, 1, 1), np.float32)
"""Stands for the image in nnU-Net's hands where a link is to take its place."""


@dataclass(frozen=True)
class Job:
    """How to make the files of an image.

    Attributes:
        sharing: what its cases share.
        data: the preprocessed folder that is being made.
        labels_in_norm: normalise the image with the labels outside the nonzero area, once for each case that has some.
    """

    sharing: Sharing
    data: Path
    labels_in_norm: bool


def make_files(job: Job, work: tuple[Image, Path | None]) -> None:
    """Make the files of all cases of an image.

    Args:
        job: how.
        work: the image, and the file of another dataset that has its preprocessed values, if there is one.

    Raises:
        InputError: a label map does not fit its image, or a file cannot be written.
    """
    image, earlier = work
    with Unfinished(job.data).image(next(iter(image.labels))) as folder:
        make = _share if job.sharing.one_image else _make_each
        result = make(job, image, earlier, folder)
        with writing(job.data):
            (folder / RESULT).write_text(json.dumps(to_json(result)), encoding="utf-8")


def _make_each(job: Job, image: Image, _: Path | None, folder: Path) -> PreprocessedImage:
    """Let the plans' preprocessor make every case by itself."""
    recipe = job.sharing.recipe
    for case, file in image.labels.items():
        recipe.preprocessor.run_case_save(
            str(folder / case), image.files, file, recipe.manager, recipe.settings, recipe.dataset_json
        )
    return PreprocessedImage(spilling=[])


def _share(job: Job, image: Image, earlier: Path | None, folder: Path) -> PreprocessedImage:
    recipe = job.sharing.recipe
    reader = recipe.manager.image_reader_writer_class()
    with reading(*image.files):
        data, properties = reader.read_images(image.files)
    shared = SharedImage(recipe, data, properties, values=earlier is None)
    del data
    if earlier is not None and blosc2.open(str(earlier), mode="r").shape[1:] != shared.shape:
        raise InputError(f"{earlier} is not the image that its record tells of; preprocess that dataset anew")
    masked = any(recipe.settings.use_mask_for_norm)
    spilling, first, copied = [], earlier, False
    for case, file in image.labels.items():
        with reading(file):
            labels, _ = reader.read_seg(file)
        added = shared.add(labels, file)
        if added.spills and masked:
            spilling.append(case)
            if job.labels_in_norm:
                _save(job, folder / case, *_whole_case(job, image, file))
                continue
        target = folder / f"{case}.b2nd"
        if first is None:
            _save(job, folder / case, shared.array, added.array, added.properties)
            shared.array, first = PLACEHOLDER, target
        else:
            _save(job, folder / case, PLACEHOLDER, added.array, added.properties)
            with writing(job.data):
                target.unlink()
                copied |= not _link(first, target)
    return PreprocessedImage(
        spilling=spilling,
        stored=None if first is None else stored(first),
        linked_from=None if earlier is None else str(earlier),
        copied=copied,
    )


@contextmanager
def reading(*files: str) -> Iterator[None]:
    """Name the files if the block cannot read them; refuse files that would make nnU-Net read another file."""
    try:
        for file in files:
            require_own_voxels(Path(file))
        yield
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"{', '.join(files)} cannot be read ({' '.join(str(error).split())}); replace it") from error


def stored(file: Path) -> list[int]:
    """What tells a file from one written over it: size and time of change."""
    return list(file_state(file))


def _whole_case(job: Job, image: Image, file: str) -> tuple[NDArray, NDArray, dict[str, Any]]:
    """A case as nnU-Net's preprocessor alone makes it."""
    recipe = job.sharing.recipe
    case: tuple[NDArray, NDArray, dict[str, Any]] = recipe.preprocessor.run_case(
        image.files, file, recipe.manager, recipe.settings, recipe.dataset_json
    )
    return case


def _save(job: Job, path: Path, image: NDArray, labels: NDArray, properties: dict[str, Any]) -> None:
    """Let nnU-Net write a case that is ready."""
    recipe = job.sharing.recipe
    preprocessor: Any = recipe.settings.preprocessor_class

    class Ready(preprocessor):
        def run_case(self, *_: Any) -> tuple[NDArray, NDArray, dict[str, Any]]:
            return image, labels, properties

    with writing(job.data):
        Ready(verbose=False).run_case_save(str(path), [], "", recipe.manager, recipe.settings, recipe.dataset_json)


def _link(source: Path, target: Path) -> bool:
    """Give a file a second name; where the file system cannot, copy it and say False."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
        return False
    return True
