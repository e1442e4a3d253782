"""From CrossMoDA's folder to crops about each vestibular schwannoma, ready to be registered and fused.

Writes in -o:

  atlases/images, atlases/labels   source crops with their tumours
  images, test/images              target crops, of target_training and target_validation
  oracle, test/labels              their tumours, where -oracle gives label maps to judge with
  crops/ in each of these          where each crop was cut, for --restore
  slices/                          with --slices: every level of the labelled crops as a 2D case

Crops are 128 × 128 × 128 voxels of 0.5 mm about the cochlea, and right sides are mirrored left–right, so that every
tumour is on the left. Source scans without a tumour are left out; the cochlea's label serves to find the place and is
dropped. A target's place is found from source labels alone: some source heads are registered to it coarsely, and the
median of where their cochleae come to lie is the middle of the crop. (The authors cut targets about the cochlea of
their expert labels, which a fusion of candidates is not supposed to know.)

Crops that are there already are kept, so that a run that was broken off goes on.
"""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.errors import InputError

from .vestibular.crops import Window, is_written, read_record, restore, write_crop, write_crop_label
from .vestibular.heads import Atlas, Head, find_atlas
from .vestibular.layout import SIDES, TARGETS, TEST, Scan, find_sources, find_targets, read_sides
from .vestibular.locating import coarse_boxes, place_of, votes
from .vestibular.slicing import write_slices

EXAMPLES = """\
  python -m scripts.prepare_crossmoda -i crossmoda21 -o prepared
  python -m scripts.prepare_crossmoda -i crossmoda21 -o prepared -levels 45 95 -sides sides.csv -oracle tcia_labels
  python -m scripts.register_convexadam -i prepared/images -a prepared/atlases -o prepared/candidates
  python -m scripts.prepare_crossmoda --restore -i fused -o restored -prepared prepared"""

SIDE = 128
PARTS = {TARGETS: ("", "oracle"), TEST: ("test", "labels")}
"""Where the targets of a folder of the challenge go, and the folder of their labels beside ``images``."""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("prepare_crossmoda", __doc__ or "", EXAMPLES)
    arguments.add_argument("-i", required=True, type=Path, metavar="FOLDER", help="CrossMoDA's folder, or the labels")
    arguments.add_argument("-o", required=True, type=Path, metavar="FOLDER", help="folder for what is written")
    arguments.add_argument("-oracle", type=Path, metavar="LABELS", help="label maps of the targets, to judge with only")
    arguments.add_argument("-sides", type=Path, metavar="CSV", help="case,side of the targets (both sides of each)")
    arguments.add_argument("-levels", type=int, nargs=2, default=[0, SIDE], metavar=("FROM", "TO"), help=_LEVELS)
    arguments.add_argument("-votes", type=int, default=5, help="source heads registered to each target side (5)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of their draw (0)")
    arguments.add_argument("--slices", action="store_true", help="cut the labelled crops into slices too")
    arguments.add_argument("--restore", action="store_true", help="carry label maps of crops back to their scans")
    arguments.add_argument("-prepared", type=Path, metavar="FOLDER", help="with --restore: what was prepared before")
    given = arguments.parse_args()
    if given.restore:
        _restore(given)
    else:
        _prepare(given)


_LEVELS = f"levels of the last axis that are kept, the paper's are 45 95 (0 {SIDE})"


@dataclass(frozen=True)
class Target:
    """A target side and where its crop goes."""

    head: Head
    folder: Path
    labels: Path


def _prepare(given: argparse.Namespace) -> None:
    first, end = given.levels
    if not 0 <= first < end <= SIDE:
        raise InputError(f"-levels is {first} {end}; give two numbers from 0 to {SIDE}, the smaller one first")
    window = Window(SIDE, (first, end))
    atlases = _atlases(find_sources(given.i))
    targets = _targets(given.i, given.oracle, given.sides, given.o)
    if given.votes < 1 or given.votes > len(atlases):
        raise InputError(f"-votes is {given.votes}; there are {len(atlases)} source scans with a tumour")
    for atlas in progress(atlases, "cutting atlases"):
        _write_atlas(atlas, window, given.o / "atlases")
    boxes = coarse_boxes(atlases)
    for target in progress(targets, "finding targets"):
        if not is_written(target.head, target.folder):
            chosen = random.Random(f"{given.seed} {target.head.name}").sample(range(len(atlases)), given.votes)
            found = votes(target.head, [atlases[i] for i in chosen], [boxes[i] for i in chosen])
            write_crop(target.head, window, place_of(target.head, found), target.folder, found)
            if target.head.scan.label:
                write_crop_label(target.head, read_record(target.folder, target.head.name).crop, target.labels)
    if given.slices:
        _write_slices(given.o)
    _say_what_was_written(given.o, atlases, targets)


def _atlases(scans: Sequence[Scan]) -> list[Atlas]:
    found = [(scan, find_atlas(scan)) for scan in progress(scans, "reading source labels")]
    for scan, atlas in found:
        if atlas is None:
            print(f"left out    {scan.case}: its label map shows no tumour")
    return [atlas for _, atlas in found if atlas is not None]


def _targets(folder: Path, oracle: Path | None, sides: Path | None, output: Path) -> list[Target]:
    scans = {part: find_targets(folder / part, oracle) for part in PARTS}
    every = [scan for found in scans.values() for scan in found]
    if not every:
        raise InputError(f"{folder} has neither {TARGETS}/ nor {TEST}/; give CrossMoDA's folder")
    for scan in progress([scan for scan in every if scan.label], "checking target labels"):
        scan.labels()
    by_case = read_sides(sides, every) if sides else {scan.case: SIDES for scan in every}
    return [
        Target(Head(scan, side), output / PARTS[part][0], output / PARTS[part][0] / PARTS[part][1])
        for part, found in scans.items()
        for scan in found
        for side in by_case[scan.case]
    ]


def _write_atlas(atlas: Atlas, window: Window, folder: Path) -> None:
    if not is_written(atlas.head, folder):
        write_crop(atlas.head, window, atlas.place, folder)
        write_crop_label(atlas.head, window.grid(atlas.head, atlas.place), folder / "labels")


def _write_slices(output: Path) -> None:
    for name, images, labels in _LABELLED:
        if (output / labels).is_dir():
            count = write_slices(output / images, output / labels, output / "slices" / name)
            print(f"slices      {count} in {output / 'slices' / name}")


_LABELLED = (
    ("atlases", "atlases/images", "atlases/labels"),
    ("targets", "images", "oracle"),
    ("test", "test/images", "test/labels"),
)
"""Folders of slices, and those of the crops and labels that they come from."""


def _say_what_was_written(output: Path, atlases: Sequence[Atlas], targets: Sequence[Target]) -> None:
    spreads = []
    for target in targets:
        found = np.array(read_record(target.folder, target.head.name).votes)
        spreads.append((float(np.linalg.norm(found - np.median(found, axis=0), axis=1).mean()), target.head.name))
    widest, name = max(spreads)
    middle = float(np.median([spread for spread, _ in spreads]))
    print(f"atlases     {len(atlases)}, of {sum(atlas.head.side == SIDES[0] for atlas in atlases)} left sides")
    print(f"targets     {len(targets)}; votes lie {middle:.1f} mm from their median, at most {widest:.1f} mm ({name})")
    print(f"written     {output}")


def _restore(given: argparse.Namespace) -> None:
    if given.prepared is None:
        raise InputError("--restore needs -prepared, the folder that holds what was prepared")
    if not given.i.is_dir():
        raise InputError(f"{given.i} is not a folder; give the label maps of the crops")
    folders = [given.prepared / part for part in ("", "test", "atlases")]
    written = list(progress(restore(given.i, folders, given.o), "restoring"))
    print(f"written     {len(written)} label maps on their scans' own grids in {given.o}")


if __name__ == "__main__":
    main()
