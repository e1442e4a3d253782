"""How much of its weight should a prediction keep in an image? Ways to tell, on several sets and with fewer candidates.

  none             predictions do not vote
  fixed            they keep all of their weight
  vote of all      (Dice with the candidates' vote / the best candidate's Dice with the same vote)^6
  vote of others   (Dice with the candidates' vote / the best candidate's with the vote of the others)^6: ds_fuse's

The candidates are weighted by the sixth power of the agreement, predictions by 0.5. Reads kept logs; trains nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.fusion.trust import POWER
from nnunet_deepstaple.fusion.weights import weights_of

from .common.judging import mean_dice
from .common.tables import write_tables
from .replays.options import DEFAULT_PREDICTION, DEFAULT_WEIGHTS, PREDICTION, confirmed, scores_of, vote
from .replays.runs import TRAINING_PASS, add_set_option, read_sets
from .replays.scores import SCORES
from .replays.vote_tables import VoteTable

EXAMPLES = """\
  python -m scripts.experiments.prediction_trust -o docs/results/prediction_trust \\
      -set given hippocampus/candidates hippocampus/oracle docs/results/runs/given_seed0
"""

_FEWER = (2, 3, 5)


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("prediction_trust", __doc__ or "", EXAMPLES)
    add_set_option(arguments)
    arguments.add_argument("-o", required=True, type=Path, metavar="PATH", help="beginning of the table's path")
    arguments.add_argument("-draws", type=int, default=5, help="times that fewer candidates are drawn (5)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of those draws (0)")
    given = arguments.parse_args()
    rows: dict[str, dict[str, str | float]] = defaultdict(dict)
    for name, one in read_sets(given):
        values = one.replay(SCORES["agreement"], TRAINING_PASS)
        for number in (*_FEWER, None):
            random = np.random.default_rng(given.seed)
            tables = one.tables if number is None else _fewer(one.tables, number, given.draws, random)
            judged = [_judge(table, weights_of(scores_of(table, values), *DEFAULT_WEIGHTS)) for table in tables]
            for way in judged[0]:
                rows[way]["way"] = way
                rows[way][name if number is None else f"{name}, {number}"] = float(np.mean([j[way] for j in judged]))
    write_tables(list(rows.values()), given.o)


def _fewer(tables: Sequence[VoteTable], number: int, draws: int, random: np.random.Generator) -> list[VoteTable]:
    drawn = [(table, random.permutation(len(table.candidates))[:number]) for _ in range(draws) for table in tables]
    return [table.subset(sorted(kept.tolist())) for table, kept in drawn]


def _judge(table: VoteTable, weights: np.ndarray) -> dict[str, float]:
    """Dice of the consensus, for each way."""
    of_all = vote(table, weights)
    voxels = table.counts[:, np.newaxis] * (of_all[:, np.newaxis] == np.arange(table.n_labels))
    best = table.dice_with(of_all).max()
    by_all = min(mean_dice(table.votes_of(PREDICTION), voxels) / best, 1) ** POWER if best > 0 else 1.0
    kept = {"none": 0.0, "fixed": 1.0, "vote of all": by_all, "vote of others": confirmed(table, weights)}
    return {way: table.dice(vote(table, weights, DEFAULT_PREDICTION * share)) for way, share in kept.items()}


if __name__ == "__main__":
    main()
