"""Which number finds the images whose consensus is bad? Spearman's ρ with its true error, on several sets.

  expected error   1 − the Dice that the vote shares let expect of the consensus
  disputed         share of the voxels with any foreground on which the candidates differ
  mean score       of the candidates, falling; without a network, their Dice with the consensus
  prediction       1 − Dice of the network's prediction with the candidates' vote
  need             mean of expected error and prediction, the former where there is no network: the order of ds_report

The consensus is that of ds_fuse with its defaults: the prediction votes too, or with -d_out not. Of sets without a
network it is the majority. Reads kept logs; trains nothing.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
from scipy.stats import spearmanr

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.fusion.rules.consensus import decide
from nnunet_deepstaple.fusion.rules.weighted import vote_shares
from nnunet_deepstaple.fusion.weights import weights_of
from nnunet_deepstaple.report.measures import dice_of, disputed_share, expected_dice
from nnunet_deepstaple.report.ranking import need_of

from .common.tables import write_tables
from .replays.options import DEFAULT_PREDICTION, DEFAULT_WEIGHTS, PREDICTION, confirmed, scores_of, vote
from .replays.runs import TRAINING_PASS, Run, add_set_option, read_sets
from .replays.scores import SCORES
from .replays.vote_tables import VoteTable, read_vote_tables

EXAMPLES = """\
  python -m scripts.experiments.look_first -o docs/results/look_first \\
      -set given hippocampus/candidates hippocampus/oracle docs/results/runs/given_seed0 \\
      -votes raters raters/candidates raters/oracle
"""

Measured = dict[str, float]
"""Numbers of one image by name; ``error`` is the true one."""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("look_first", __doc__ or "", EXAMPLES)
    add_set_option(arguments)
    arguments.add_argument(
        "-votes",
        nargs=3,
        action="append",
        default=[],
        metavar=("NAME", "CANDIDATES", "ORACLE"),
        help="a set without a network; may be given several times",
    )
    arguments.add_argument("-o", required=True, type=Path, metavar="PATH", help="beginning of the table's path")
    given = arguments.parse_args()
    rows: dict[str, dict[str, str | float]] = defaultdict(dict)
    for name, one in read_sets(given):
        for title, prediction in ((name, DEFAULT_PREDICTION), (f"{name}, -d_out", 0.0)):
            _add(rows, title, list(_scored(one, prediction)))
    for name, candidates, oracle in given.votes:
        tables = read_vote_tables([Path(candidates)], Path(oracle), {})
        _add(rows, name, [_unscored(table) for table in tables])
    write_tables(list(rows.values()), given.o, digits=2)


def _add(rows: dict[str, dict[str, str | float]], title: str, measured: list[Measured]) -> None:
    """Add one column."""
    error = [one["error"] for one in measured]
    for name in measured[0]:
        rows[name]["number"] = name
        found = np.mean(error) if name == "error" else spearmanr([one[name] for one in measured], error).statistic
        rows[name][f"{title} ({len(measured)})"] = float(found)


def _scored(one: Run, prediction: float) -> Iterator[Measured]:
    values = one.replay(SCORES["agreement"], TRAINING_PASS)
    for table in one.tables:
        scores = scores_of(table, values)
        weights = weights_of(scores, *DEFAULT_WEIGHTS)
        kept = prediction * confirmed(table, weights)
        voters = np.column_stack([table.votes, table.votes_of(PREDICTION)])
        shares = vote_shares(voters, table.n_labels, np.append(weights, kept) / (1 + kept))
        agrees = dice_of(table.votes_of(PREDICTION), vote(table, weights), table.counts, table.n_labels)
        yield _measure(table, vote(table, weights, kept), shares, float(scores.mean()), agrees)


def _unscored(table: VoteTable) -> Measured:
    shares = vote_shares(table.votes, table.n_labels, np.full(len(table.candidates), 1 / len(table.candidates)))
    labels = decide(shares, table.votes)
    return _measure(table, labels, shares, float(table.dice_with(labels).mean()), None)


def _measure(
    table: VoteTable, labels: np.ndarray, shares: np.ndarray, mean_score: float, confirmed: float | None
) -> Measured:
    expected_error = 1 - expected_dice(labels, shares, table.counts)
    return {
        "error": 1 - table.dice(labels),
        "need": need_of(expected_error, confirmed),
        "expected error": expected_error,
        "disputed": disputed_share(table.votes, table.counts),
        "mean score": -mean_score,
        **({} if confirmed is None else {"prediction": 1 - confirmed}),
    }


if __name__ == "__main__":
    main()
