"""What the atlases' images are worth: joint label fusion beside fusion by labels alone, and beside ANTs' (antspyx).

Candidates and warped images are those of ``scripts/register_convexadam`` with ``-warped``. Each way fuses the same
candidates; every number is the mean Dice over the labels of an image. Ways that are there already are not run again.
With the scores and predictions of a network, the ways that use them are compared too.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.raw_dataset import find_images
from nnunet_deepstaple.files.image_files import read_image, write_image
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.fusion import Request, fuse_by_images, fuse_folder
from nnunet_deepstaple.fusion.weights.features import INTENSITY

from ..ants_joint_fusion import fuse_by_ants
from ..evidence.rows import Row, add_rows
from .common.judging import dice_of_folder
from .common.statistics import paired_p

EXAMPLES = """\
  python -m scripts.experiments.joint_fusion -set deepgrey -i deep -atlas_images warped -images deepgrey/images \\
      -gt deepgrey/oracle -w work
  python -m scripts.experiments.joint_fusion -set half_inverted … --half     half of the atlases in another contrast
  python -m scripts.experiments.joint_fusion -set ConvexAdam … -s scores.csv -predictions fold_0/predictions
"""


@dataclass(frozen=True)
class Data:
    """A set of images with candidates, as ds_fuse takes it."""

    candidates: Path
    images: Path
    warped: Path


Options = Mapping[str, object]
Fuse = Callable[[np.ndarray, list[np.ndarray], list[np.ndarray]], np.ndarray]
"""From the target, label maps and warped images to labels, arrays of one shape."""

WAYS: Mapping[str, Options] = {
    "majority": {"rule": "majority"},
    "spectral": {},
    "joint, auto (default)": {"features": "auto"},
    "joint, intensities": {"features": "intensity"},
    "joint, MIND": {"features": "mind"},
}
"""Options of ds_fuse; ways with features look at images."""

NETWORK_WAYS: Mapping[str, Options] = {
    "weighted, with the network (default)": {},
    "joint, scores as a prior": {"features": "auto", "prediction_weight": 0.0},
    "joint, with the network (default)": {"features": "auto"},
    "joint, with the network at 0.25": {"features": "auto", "prediction_weight": 0.25},
    "joint, with the network at 0.75": {"features": "auto", "prediction_weight": 0.75},
}
"""The same, with scores and predictions."""

ANTS, NO_PRIOR = "ANTs joint fusion", "joint, intensities, no prior"
DEFAULT = "joint, auto (default)"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("joint_fusion", __doc__ or "", EXAMPLES)
    add = arguments.add_argument
    add("-set", dest="name", required=True, help="what the rows call these images and candidates")
    add("-i", required=True, type=Path, metavar="CANDIDATES", help="folder of <image>__<atlas>.nii.gz")
    add("-images", required=True, type=Path, help="folder of the images")
    add("-atlas_images", required=True, type=Path, metavar="WARPED", help="folder of the warped images")
    add("-gt", required=True, type=Path, metavar="LABELS", help="folder of the true labels")
    add("-w", required=True, type=Path, metavar="WORK", help="folder for what is fused")
    add("--half", action="store_true", help="invert the contrast of every other atlas")
    add("-s", dest="scores", type=Path, metavar="SCORES", help="scores.csv of the candidates")
    add("-predictions", type=Path, metavar="FOLDER", help="the network's predictions of the images")
    add("--ants", action="store_true", help="run ANTs' joint fusion too (slow)")
    given = arguments.parse_args()
    data = Data(given.i, given.images, given.atlas_images)
    if given.half:
        data = replace(data, warped=_half_inverted(given.atlas_images, given.w / f"{given.name}_warped"))
    options = dict(WAYS)
    if given.scores and given.predictions:
        network = {"score_files": [given.scores], "predictions": [given.predictions]}
        options |= {way: {**network, **of_way} for way, of_way in NETWORK_WAYS.items()}
    ways = {way: partial(_fuse, data, of_way) for way, of_way in options.items()}
    ways[NO_PRIOR] = partial(_fuse_each, data, _without_prior)
    if given.ants:
        ways[ANTS] = partial(_fuse_each, data, fuse_by_ants)
    dice = {}
    for way, fuse in ways.items():
        folder = given.w / given.name / way.replace(" ", "_").replace(",", "")
        _once(folder, fuse)
        dice[way] = dice_of_folder(folder, given.gt)
    rows = _rows(given.name, dice)
    add_rows("joint_fusion", rows, ways=["way"])
    for row in rows:
        if not row["image"]:
            print({key: value for key, value in row.items() if key != "image"})


def _rows(name: str, dice: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """A row for each way and image, and one for each way over all images."""
    rows: list[Row] = [
        {"set": name, "image": image, "way": way, "Dice": value}
        for way, of_images in dice.items()
        for image, value in of_images.items()
    ]
    default = np.array(list(dice[DEFAULT].values()))
    for way, of_images in dice.items():
        values = np.array(list(of_images.values()))
        row: dict[str, str | int | float] = {"set": name, "image": "", "way": way, "Dice": float(values.mean())}
        if way != DEFAULT:
            row["default −"] = float((default - values).mean())
            row["p, default"] = paired_p(default, values)
        rows.append(row)
    return rows


def _once(folder: Path, fuse: Callable[[Path], object]) -> None:
    """Fill a folder, unless it is there; whole or not at all."""
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        fuse(Path(temporary) / "fused")
        shutil.move(Path(temporary) / "fused", folder)


def _fuse(data: Data, options: Options, folder: Path) -> None:
    by_images = {"images": data.images, "atlas_images": data.warped} if "features" in options else {}
    fuse_folder(Request([data.candidates], folder, **{**options, **by_images}))  # type: ignore[arg-type]


def _fuse_each(data: Data, fuse: Fuse, folder: Path) -> None:
    folder.mkdir()
    channels = find_images(data.images).channels
    candidates, _ = find_candidates([data.candidates], None)
    for image, found in progress(list(candidates.items()), "Fusing"):
        label_maps = [read_label_map(one.path) for one in found]
        warped = [read_image(data.warped / one.path.name)[0] for one in found]
        target = read_image(channels[image][0])[0]
        fused = fuse(target, [labels for labels, _ in label_maps], warped)
        write_label_map(fused, label_maps[0][1], folder / f"{image}.nii.gz")


def _without_prior(image: np.ndarray, label_maps: list[np.ndarray], warped: list[np.ndarray]) -> np.ndarray:
    return fuse_by_images(label_maps, image, warped, INTENSITY, np.ones(len(label_maps))).labels


def _half_inverted(warped: Path, folder: Path) -> Path:
    """The warped images, those of every other atlas with the contrast inverted where there is tissue."""

    def write(temporary: Path) -> None:
        temporary.mkdir()
        atlases = sorted({path.name.rpartition("__")[2] for path in warped.glob("*__*.nii.gz")})
        for path in sorted(warped.glob("*__*.nii.gz")):
            values, geometry = read_image(path)
            if atlases.index(path.name.rpartition("__")[2]) % 2:
                values = np.where(values > 0, values.max() - values, 0).astype(values.dtype)
            write_image(values, geometry, temporary / path.name)

    _once(folder, write)
    return folder


if __name__ == "__main__":
    main()
