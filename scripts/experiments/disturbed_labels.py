"""Experiment I: which score finds the labels that were disturbed on purpose?

Slices of the images with their expert labels, of which a share is turned, scaled, sheared and rolled. One training for
each strength and seed; the paper's four-way ablation of θ (neither, fixed weighting, risk regularisation, both) and
the other scores are replayed from its log.
"""

from collections import defaultdict
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run

from ..evidence.rows import Row, add_rows
from .common.statistics import average_precision, interval, pearson, spearman
from .common.training import Budget, network_of
from .common.workspace import Workspace, require_folder
from .replays.scores import SCORES
from .slices.dataset import CONFIGURATION, SET, Labelled, add_options, in_order, logs_of, make_dataset, read_slices
from .slices.disturbances import choose, disturb
from .slices.slices import Slice

EXAMPLES = """\
  python -m scripts.experiments.disturbed_labels -data hippocampus -w work
  python -m scripts.experiments.disturbed_labels … -strengths 1 3 -seeds 0 1 2
"""

COMPARED = {
    "θ: neither": "θ, neither",
    "θ: fixed weighting": "θ, no risk regularisation",
    "θ: risk regularisation": "θ, no fixed weighting",
    "θ: both (the paper)": "θ as published",
    "θ: both, warm-up 40 %": "θ, warm-up 40 %",
    "θ of Dice cost": "θ of Dice cost",
    "agreement": "agreement",
    "agreement, all": "agreement, all",
    "−mean cost, last 40 %": "−mean cost, last 40 %",
}
"""The table's rows, and the names of their scores in a sweep."""

_MEASURES = ("average precision", "Spearman", "Pearson")
_FIRST_DATASET = 740


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("disturbed_labels", __doc__ or "", EXAMPLES)
    add_options(arguments, "images/ and oracle/")
    arguments.add_argument("-strengths", type=float, nargs="+", default=[1, 2, 4], help="of the disturbance (1 2 4)")
    arguments.add_argument("-share", type=float, default=0.3, help="of the labels that are disturbed (0.3)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/ and oracle/")
    workspace, network = Workspace(given.w.absolute()), network_of(given, CONFIGURATION)
    slices = read_slices(data, given.step)
    found: dict[tuple[float, str, str], list[tuple[float, ...]]] = defaultdict(list)
    for place, strength in enumerate(given.strengths):
        for seed in given.seeds:
            labelled, disturbed = disturb_some(slices, strength, given.share, seed)
            name = f"Disturbed{strength:g}s{seed}"
            dataset = make_dataset(workspace, _FIRST_DATASET + 10 * place + seed, name, labelled, network)
            truth = labelled.true_dice()
            budget = Budget(given.epochs, given.iterations, seed)
            for which, log in logs_of(dataset, network, budget).items():
                for row, score in COMPARED.items():
                    scores = in_order(labelled.cases, dict(zip(log.cases, SCORES[score](log), strict=True)))
                    found[strength, row, which].append(
                        (average_precision(-scores, disturbed), spearman(scores, truth), pearson(scores, truth))
                    )
            add_rows("disturbed_labels", table_rows(found), ["strength", "score", "pass"], folder=given.o)


def disturb_some(slices: list[Slice], strength: float, share: float, seed: int) -> tuple[Labelled, np.ndarray]:
    """Disturb a share of the slices' labels; also tell which, shape (N,), bool."""
    random = np.random.default_rng(seed)
    disturbed = choose(len(slices), share, random)
    labels = [
        disturb(one.truth, strength, random) if is_disturbed else one.truth
        for one, is_disturbed in zip(slices, disturbed, strict=True)
    ]
    return Labelled(slices, labels), disturbed


def table_rows(found: dict[tuple[float, str, str], list[tuple[float, ...]]]) -> list[Row]:
    """One row for each strength, score and pass: means over seeds with their 95 % intervals."""
    rows: list[Row] = []
    for (strength, score, which), values in found.items():
        row: dict[str, str | int | float] = {"set": SET, "strength": f"{strength:g}", "score": score, "pass": which}
        for name, over_seeds in zip(_MEASURES, zip(*values, strict=True), strict=True):
            row[name], row[f"± {name}"] = interval(over_seeds)
        rows.append(row | {"seeds": len(values)})
    return rows


if __name__ == "__main__":
    main()
