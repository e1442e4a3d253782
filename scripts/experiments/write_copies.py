"""Write a data set in which the third worst candidate of each image is there five times, for a scoring run.

Each copy has a tenth of its surface flipped (:mod:`.repeated_candidates`) and is called ``<candidate>_copy1``, …, 4.
"""

import shutil
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.true_labels import find_true_labels
from nnunet_deepstaple.files.endings import ending_of
from nnunet_deepstaple.files.image_files import read_geometry
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map

from .common.judging import dice_of_arrays
from .repeated_candidates import flip_surface

EXAMPLES = """\
  python -m scripts.experiments.write_copies -i hippocampus/candidates -truth hippocampus/oracle -o copied/candidates
  python -m scripts.experiments.scoring_run -data copied -w work -d 711 -n Copied -epochs 56
"""

_PLACE, _COPIES = 2, 4


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("write_copies", str(__doc__).split("\n", maxsplit=1)[0], EXAMPLES)
    arguments.add_argument("-i", required=True, type=Path, help="folder of candidates")
    arguments.add_argument("-truth", required=True, type=Path, help="folder of true labels")
    arguments.add_argument("-o", required=True, type=Path, help="folder for candidates and copies")
    given = arguments.parse_args()
    candidates, _ = find_candidates([given.i])
    truths = find_true_labels(given.truth, candidates, print)
    random = np.random.default_rng(0)
    given.o.mkdir(parents=True, exist_ok=True)
    for image in progress(sorted(truths), "Copying", len(truths)):
        found = sorted(candidates[image], key=lambda one: one.path.name)
        truth = read_label_map(truths[image])[0]
        maps = [read_label_map(one.path)[0].copy() for one in found]
        place = np.argsort([dice_of_arrays(labels, truth) for labels in maps], kind="stable")[_PLACE]
        for one in found:
            shutil.copyfile(one.path, given.o / one.path.name)
        path, geometry = found[place].path, read_geometry(found[place].path)
        ending = ending_of(path)
        for number in range(1, _COPIES + 1):
            copy = given.o / f"{path.name.removesuffix(ending)}_copy{number}{ending}"
            write_label_map(flip_surface(maps[place], random), geometry, copy)


if __name__ == "__main__":
    main()
