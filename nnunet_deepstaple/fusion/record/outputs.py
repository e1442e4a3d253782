"""Write the files of a fused image."""

import json
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...files.atomic import atomic_path, writing
from ...files.boxes import as_3d
from ...files.endings import PICTURES, ending_of
from ...files.geometry import Geometry
from ...files.image_files import write_image
from ...files.json_files import read_json_object
from ...files.links import is_there
from ..decision.label_maps import DecidedLabels, LabelCertainty

DATASET_JSON, PLANS_JSON = "dataset.json", "plans.json"

VOTE_SHARE = "vote_share"
"""Folder of the maps of the winning label's share, inside the folder of the fused labels."""


def write_vote_share(fused: LabelCertainty, geometry: Geometry, path: Path) -> None:
    """Write the winning label's share (or probability) in each voxel, float32, to be shown on top of the image.

    Raises:
        InputError: the file cannot be written.
    """
    write_image(fused.certainty(), geometry, path)


def write_probabilities(
    fused: DecidedLabels, labels: np.ndarray, channels: int, geometry: Geometry, *, candidate: Path, path: Path
) -> None:
    """Write ``path`` (.npz) and the .pkl beside it as ``nnUNetv2_predict --save_probabilities`` does.

    The array ``probabilities`` has shape (channels, z, y, x), float32; channel c belongs to label c.
    ``nnUNetv2_ensemble`` needs the properties in the .pkl to write its result. If the file ``candidate`` is such a
    prediction, they are copied from the .pkl beside it.

    Args:
        fused: the consensus.
        labels: values of its labels, shape (L,).
        channels: how many to write.
        geometry: of the image.
        candidate: file of a candidate.
        path: the file.

    Raises:
        InputError: a file cannot be written.
    """
    probabilities = np.zeros((channels, *as_3d(geometry.size[::-1])), np.float32)
    for index, label in enumerate(labels):
        if label < channels:
            probabilities[label] = fused.probability(index).reshape(probabilities.shape[1:])
    ending = ending_of(candidate)
    properties = candidate.with_name(candidate.name[: -len(ending)] + ".pkl")
    with writing(path):
        with atomic_path(path.with_name(f"{path.name[:-4]}.pkl")) as temporary:
            if properties.is_file():
                shutil.copyfile(properties, temporary)
            else:
                temporary.write_bytes(pickle.dumps(_properties(geometry, ending.lower() in PICTURES)))
        with atomic_path(path) as temporary:
            np.savez_compressed(temporary, probabilities=probabilities)


def room_for_probabilities(channels: int, voxels: Sequence[int]) -> str:
    """A sentence about the memory and the disk space that probabilities need.

    Args:
        channels: of each image.
        voxels: of each image to fuse.
    """
    sizes = [4e-9 * channels * count for count in voxels]
    return (
        f"--save_probabilities: {channels} channels of float32 take up to {max(sizes, default=0):.2g} GB of memory in "
        f"each process, and up to {sum(sizes):.2g} GB of disk before compression"
    )


def _properties(geometry: Geometry, picture: bool) -> dict[str, object]:
    """Properties of an image, as nnU-Net's readers return them and its writers need them."""
    spacing = [float(length) for length in geometry.spacing[::-1]]
    if len(spacing) == 2:
        spacing = [999.0 if picture else 999 * max(spacing), *spacing]
    properties: dict[str, object] = {"spacing": spacing}
    if not picture:
        properties["sitk_stuff"] = {
            "spacing": geometry.spacing,
            "origin": geometry.origin,
            "direction": geometry.direction,
        }
    return properties


def files_for_ensembling(folders: Sequence[Path]) -> list[Path]:
    """The ``dataset.json`` and ``plans.json`` that ``nnUNetv2_ensemble`` reads, each from the first folder with it.

    Raises:
        InputError: one cannot be read.
    """
    found = ([folder / name for folder in folders if is_there(folder / name)] for name in (DATASET_JSON, PLANS_JSON))
    first = [files[0] for files in found if files]
    for path in first:
        read_json_object(path)
    return first


def copy_json(files: Sequence[Path], target: Path) -> None:
    """Copy JSON files into the folder ``target``."""
    for path in files:
        with atomic_path(target / path.name) as temporary:
            temporary.write_text(json.dumps(read_json_object(path), indent=1))
