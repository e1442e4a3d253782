"""What registrations share: which atlas goes to which image, one grid for both, and where the results go."""

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from scipy import ndimage

from nnunet_deepstaple.commands.common import progress
from nnunet_deepstaple.datasets.case_ids import SEPARATOR
from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.files.geometry import Geometry
from nnunet_deepstaple.files.image_files import write_image
from nnunet_deepstaple.files.label_maps import as_labels, write_label_map

from .experiments.common.judging import label_map_of


@dataclass(frozen=True)
class Pair:
    """An atlas to register to an image.

    Attributes:
        image: the target's id.
        atlas: the atlas' id.
        fixed: the target's first channel.
        moving: the atlas' first channel.
        labels: the atlas' label map.
    """

    image: str
    atlas: str
    fixed: Path
    moving: Path
    labels: Path

    def output(self, folder: Path) -> Path:
        """The candidate, in the flat layout."""
        return folder / f"{self.image}{SEPARATOR}{self.atlas}.nii.gz"


@dataclass(frozen=True)
class Warped:
    """An atlas after its registration.

    Attributes:
        fixed: the target, whose grid the atlas now lies on.
        labels: the atlas' labels, shape (z, y, x).
        image: the atlas' first channel, warped in the same way, shape (z, y, x).
    """

    fixed: sitk.Image
    labels: np.ndarray
    image: np.ndarray


def add_pair_options(arguments: argparse.ArgumentParser) -> None:
    """Add the options that say what is registered to what, and where the results go."""
    arguments.add_argument("-i", required=True, type=Path, metavar="IMAGES", help="folder of <image>_0000<ending>")
    arguments.add_argument("-a", required=True, type=Path, metavar="ATLASES", help="folder with images/ and labels/")
    arguments.add_argument("-o", required=True, type=Path, metavar="CANDIDATES", help="folder for the warped labels")
    arguments.add_argument(
        "-warped", type=Path, metavar="FOLDER", help="folder for the warped images, for ds_fuse -atlas_images (none)"
    )
    arguments.add_argument("-k", type=int, default=10, help="atlases drawn for each image; 0 for all (10)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of that draw (0)")


def register_pairs(given: argparse.Namespace, register: Callable[[Pair], Warped]) -> None:
    """Register every pair whose results are not there yet.

    Args:
        given: the options of :func:`add_pair_options`.
        register: warps a pair's atlas.
    """
    pairs = pairs_of(given.i, given.a, given.k, given.seed)
    folders = [folder for folder in (given.warped, given.o) if folder is not None]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    todo = list(unfinished(pairs, folders))
    for pair in progress(todo, "registering"):
        warped = register(pair)
        if given.warped is not None:
            write_warped_image(pair, warped, given.warped)
        write_candidate(pair, warped, given.o)
    print(f"registered  {len(todo)} of {len(pairs)} pairs, {len(pairs) - len(todo)} finished before")
    print(f"written     {', '.join(map(str, reversed(folders)))}")


def pairs_of(images: Path, atlases: Path, atlases_per_image: int, seed: int) -> list[Pair]:
    """Draw atlases for every image; the same seed draws the same.

    Args:
        images: folder of the targets.
        atlases: folder with ``images/`` and ``labels/``.
        atlases_per_image: how many; 0 for all.
        seed: of the draw.

    Raises:
        InputError: a folder or a label map is missing, or there are fewer atlases than asked for.
    """
    targets = find_images(images).channels
    sources = find_images(atlases / "images").channels
    labels = {atlas: label_map_of(atlas, atlases / "labels") for atlas in sources}
    if atlases_per_image > len(sources):
        raise InputError(f"{atlases} has {len(sources)} atlases, not {atlases_per_image}; give a smaller -k")
    draw = random.Random(seed)
    drawn = {image: sorted(draw.sample(sorted(sources), atlases_per_image or len(sources))) for image in targets}
    return [
        Pair(image, atlas, targets[image][0], sources[atlas][0], labels[atlas])
        for image, chosen in drawn.items()
        for atlas in chosen
    ]


def unfinished(pairs: Sequence[Pair], folders: Sequence[Path]) -> Iterator[Pair]:
    """Pairs whose file is not there yet in one of the folders."""
    return (pair for pair in pairs if not all(pair.output(folder).is_file() for folder in folders))


def on_one_grid(pair: Pair) -> tuple[sitk.Image, sitk.Image, sitk.Image]:
    """Read a pair and bring the atlas onto the image's grid, centre on centre: fixed, moving and labels."""
    fixed, moving, labels = (_read(path) for path in (pair.fixed, pair.moving, pair.labels))
    if fixed.GetDimension() != 3 or moving.GetDimension() != 3:
        raise InputError(f"{pair.fixed} and {pair.moving} must both be 3D images to be registered")
    fixed, moving = (sitk.Cast(image, sitk.sitkFloat32) for image in (fixed, moving))
    centred = sitk.CenteredTransformInitializer(
        fixed, moving, sitk.Euler3DTransform(), sitk.CenteredTransformInitializerFilter.GEOMETRY
    )
    outside = float(sitk.GetArrayViewFromImage(moving).min())
    moved = sitk.Resample(moving, fixed, centred, sitk.sitkLinear, outside)
    return fixed, moved, sitk.Resample(labels, fixed, centred, sitk.sitkNearestNeighbor, 0)


def warp(array: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """Warp labels by nearest neighbour, an image (of floating point) linearly.

    Args:
        array: shape (z, y, x).
        displacement: for each voxel of the result, how many voxels away its value lies, shape (z, y, x, 3).
    """
    places = np.stack(np.meshgrid(*map(np.arange, array.shape), indexing="ij")) + np.moveaxis(displacement, -1, 0)
    if np.issubdtype(array.dtype, np.floating):
        return ndimage.map_coordinates(array, places, order=1, mode="constant", cval=float(array.min()))
    return ndimage.map_coordinates(array, places, order=0, mode="constant", cval=0)


def write_candidate(pair: Pair, warped: Warped, folder: Path) -> None:
    """Write the labels of a pair on the image's grid."""
    path = pair.output(folder)
    write_label_map(as_labels(warped.labels, path), Geometry.of(warped.fixed), path)


def write_warped_image(pair: Pair, warped: Warped, folder: Path) -> None:
    """Write the atlas' image on the image's grid, under the candidate's name."""
    write_image(warped.image.astype(np.float32), Geometry.of(warped.fixed), pair.output(folder))


def check_options(options: Mapping[str, float]) -> None:
    """Make sure that numbers are above zero.

    Raises:
        InputError: one is not.
    """
    for name, value in options.items():
        if value <= 0:
            raise InputError(f"-{name} is {value:g}; give a number above 0")


def _read(path: Path) -> sitk.Image:
    try:
        return sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise InputError(f"{path} cannot be read as an image ({str(error).strip().splitlines()[-1]})") from error
