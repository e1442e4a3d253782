"""What a second round is worth: the second network's predictions of the training images vote beside the candidates.

    first round             ds_fuse with what the scoring run left
    second network          its own prediction of the images whose consensus it learned from
    second round            ds_fuse with the same scores, and this prediction in place of the scoring network's
    second round, rescored  the candidates' scores are their Dice with this prediction, too
    both networks           both predictions vote

The last three with -prediction_weight 1 -smooth 0, and by the defaults of ds_fuse.

Nothing is trained: the second network is that of a row of ``second_network``, in the same workspace.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.files.atomic import write_text
from nnunet_deepstaple.scoring.scores import FILE_NAME

from ..evidence.rows import add_output_option, add_rows, add_set_name
from .common.judging import dice_of_files, dice_of_folder, label_map_of, volumes_of_folder
from .common.statistics import paired_p
from .common.training import STOCK_TRAINER, Budget, Dataset, add_training_options, network_of
from .common.workspace import Workspace, require_folder
from .label_sources import Sources
from .second_network import ROWS

TRUSTED = ["-prediction_weight", 1, "-smooth", 0]
"""A second network is worth more than the first, and its probabilities are smooth already."""

EXAMPLES = """\
  python -m scripts.experiments.second_network -data DATA -w work -i FOLD -epochs 40 \\
      -rows agreement_prediction
  python -m scripts.experiments.second_round -data DATA -w work -i FOLD -epochs 40
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("second_round", __doc__ or "", EXAMPLES)
    add_training_options(arguments, "3d_fullres", epochs=40, data="images/, candidates/ and oracle/")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-i", required=True, type=Path, metavar="FOLD_FOLDER", help="fold that scoring_run left")
    add_set_name(arguments)
    add_output_option(arguments)
    arguments.add_argument(
        "-row", default="agreement_prediction", choices=ROWS, help="its labels (agreement_prediction)"
    )
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument("-fold", default="all", help="fold of the second network (all)")
    arguments.add_argument("-d", type=int, default=710, help="id of second_network's first dataset (710)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/, candidates/ and oracle/")
    scored = require_folder(given.i, "the fold folder that scoring_run left")
    workspace = Workspace(given.w.absolute())
    sources = Sources(workspace, data / given.candidates, data / "oracle", scored, seed=0)
    dataset = Dataset(workspace, given.d + ROWS.index(given.row), given.row)
    network, budget = network_of(given, given.c), Budget(given.epochs, given.iterations, given.seeds[0])
    second = dataset.fold_folder(STOCK_TRAINER, network, budget, given.fold) / "training_images"
    probabilities = "--save_probabilities"
    dataset.predict(STOCK_TRAINER, network, budget, given.fold, data / "images", second, probabilities)
    rows = (
        {"set": given.set, "network": given.row, **row} for row in _rows(sources, second, f"{given.row}_{budget.name}")
    )
    add_rows("second_round", rows, ["network", "labels"], folder=given.o)


def _rows(sources: Sources, second: Path, name: str) -> Iterator[dict[str, str | float]]:
    first, own = sources.scored / PREDICTIONS, sources.scored / FILE_NAME
    rescored = _rescored(sources, second, sources.workspace.folder / "consensus" / f"rescored_{name}.csv")
    ways: dict[str, list[object] | None] = {"first round": ["-s", own, "-predictions", first], "second network": None}
    for options, label in ((TRUSTED, ""), ([], ", by the defaults")):
        ways |= {
            f"second round{label}": ["-s", own, "-predictions", second, *options],
            f"second round, rescored{label}": ["-s", rescored, "-predictions", second, *options],
            f"both networks{label}": ["-s", own, "-predictions", first, second, *options],
        }
    before: np.ndarray | None = None
    for way, given in ways.items():
        folder = second
        if given is not None:
            plain = way.replace(", ", "_").replace(" ", "_")
            folder = sources.fuse(sources.workspace.folder / "consensus" / f"{plain}_{name}", *given)
        found = dice_of_folder(folder, sources.oracle)
        dice = np.array([found[image] for image in sorted(found)])
        volume = float(np.nanmean(list(volumes_of_folder(folder, sources.oracle).values())))
        row: dict[str, str | float] = {"labels": way, "Dice": float(dice.mean()), "volume": volume}
        if before is None:
            before = dice
        else:
            row["p − first round"] = paired_p(dice, before)
        yield row


def _rescored(sources: Sources, second: Path, path: Path) -> Path:
    """Scores that are the candidates' Dice with the second network's predictions."""
    lines = ["case,agreement"]
    for image, candidates in find_candidates([sources.candidates])[0].items():
        prediction = label_map_of(image, second)
        lines += [f"{one.case},{dice_of_files(one.path, prediction):.6f}" for one in candidates]
    write_text(path, "\n".join(lines) + "\n")
    return path


if __name__ == "__main__":
    main()
