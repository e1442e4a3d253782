"""Scores and weights by replay: what each score, weight and prediction is worth, without a training.

Reads the visit logs and predictions that scoring_run left and writes tables of

  scores   how each score ranks the candidates, and its consensus
  weights  from scores to weights: softmax of the standardised score, powers, the paper's softmax
  prediction  the network's prediction as one more voter
  fewer    the same weights when an image has fewer candidates
  rules    rules that see labels only, and combinations with a score
  visits   what is left with fewer visits per case
  choice   the best option chosen on some images and judged on the others

Several fold folders (seeds, folds, or networks) are swept together: an option's Dice is its mean over them.
"""

import time
from pathlib import Path
from typing import NoReturn

from nnunet_deepstaple.commands.common import parser, run

from ..evidence.rows import add_output_option, add_rows, add_set_name
from .common.workspace import require_folder
from .replays.runs import read_run
from .replays.tables import WAYS, tables

EXAMPLES = """\
  python -m scripts.experiments.sweep -data hippocampus -i work/results/…/fold_0
  python -m scripts.experiments.sweep -data hippocampus -candidates ../convexadam -i work/…/fold_0 -set ConvexAdam
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("sweep", __doc__ or "", EXAMPLES)
    arguments.add_argument("-data", required=True, type=Path, help="folder of the data set")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-oracle", default="oracle", help="which true labels in -data (oracle)")
    arguments.add_argument(
        "-i", required=True, type=Path, nargs="+", metavar="FOLD_FOLDER", help="fold folder(s) that scoring_run left"
    )
    add_set_name(arguments)
    add_output_option(arguments)
    arguments.add_argument("-folds", type=int, default=5, help="folds of images for the choice (5)")
    arguments.add_argument("-repetitions", type=int, default=20, help="times that the images are split anew (20)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of those splits (0)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set")
    started = time.monotonic()
    candidates, oracle = data / given.candidates, data / given.oracle
    runs = [read_run(folder, candidates, oracle) for folder in given.i]
    print(f"read        {len(runs)} runs in {time.monotonic() - started:.0f} s", flush=True)
    for name, table in tables(runs, given.folds, given.repetitions, given.seed):
        add_rows(name, ({"set": given.set, **row} for row in table), WAYS[name], folder=given.o)
    print(f"finished    in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
