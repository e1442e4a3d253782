"""The files that a fused image leaves."""

import json
import pickle
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..files.atomic import atomic_path, writing
from ..files.geometry import Geometry
from ..files.image_files import PICTURES, ending_of, write_image
from ..files.label_maps import write_label_map
from ..files.nifti import Buffer
from .rules.consensus import Consensus
from .votes import Votes

DATASET_JSON, PLANS_JSON = "dataset.json", "plans.json"

AGREEMENT = "agreement"
"""Folder of the agreement maps, inside the folder of the fused labels."""


def write_labels(votes: Votes, values: np.ndarray, geometry: Geometry, path: Path, buffer: Buffer) -> None:
    """Write the consensus, given as one label value per pattern, shape (P,); ``buffer`` is for reading it back.

    Raises:
        InputError: the file cannot be written.
    """
    kind = np.uint8 if values.max() <= np.iinfo(np.uint8).max else np.uint16
    write_label_map(votes.paint(values.astype(kind)), geometry, path, buffer)


def write_agreement(votes: Votes, consensus: Consensus, geometry: Geometry, path: Path) -> None:
    """Write the winning label's probability in each voxel, float32, to look at over the image.

    Raises:
        InputError: the file cannot be written.
    """
    write_image(votes.paint(consensus.probabilities.max(axis=1).astype(np.float32)), geometry, path)


def write_probabilities(
    votes: Votes, consensus: Consensus, channels: int, geometry: Geometry, *, candidate: Path, path: Path
) -> None:
    """Write ``path`` (.npz) and the .pkl beside it as ``nnUNetv2_predict --save_probabilities`` does.

    The array ``probabilities`` has shape (channels, z, y, x), float32; channel c belongs to label c. The properties
    in the .pkl, by which ``nnUNetv2_ensemble`` writes its result, are those beside the file ``candidate`` if it is
    such a prediction.

    Raises:
        InputError: a file cannot be written.
    """
    shape = (1,) * (3 - len(votes.shape)) + votes.shape
    probabilities = np.zeros((channels, *shape), np.float32)
    for label, column in zip(votes.labels, consensus.probabilities.T, strict=True):
        if label < channels:
            probabilities[label] = votes.paint(column.astype(np.float32)).reshape(shape)
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


def _properties(geometry: Geometry, picture: bool) -> dict[str, object]:
    """What nnU-Net's readers tell of an image and its writers ask for."""
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
    """The ``dataset.json`` and ``plans.json`` that ``nnUNetv2_ensemble`` reads, each from the first folder with it."""
    found = ([folder / name for folder in folders if (folder / name).is_file()] for name in (DATASET_JSON, PLANS_JSON))
    return [files[0] for files in found if files]


def copy_json(files: Sequence[Path], target: Path) -> None:
    """Copy JSON files into the folder ``target``."""
    for path in files:
        with atomic_path(target / path.name) as temporary:
            temporary.write_text(json.dumps(json.loads(path.read_text()), indent=1))
