"""How far should scores be trusted, and predictions? Ways to tell, on several sets and with fewer candidates.

    the rows t            weights by (agreement^6)^t · (overlap^4)^(1 - t), candidates alone
    none                  t as in ds_fuse, predictions do not vote
    fixed                 they keep all of their weight
    Dice                  (Dice with the candidates' vote / the best candidate's with the vote of the others)^6
    image                 the same of the odds, not to the sixth power
    network, apart        the sixth power of the odds of the means over all images, with a slack of a fifth
    network               the same, the best candidate also with the vote that it is a part of, from seven on
    network and image     both: ds_fuse's

Predictions vote by their label maps, with 0.5. Reads kept logs; trains nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.fusion.planning.predictions import WEIGHT as DEFAULT_PREDICTION
from nnunet_deepstaple.fusion.weights.networks import best_of, compared, confirmed, network_trust
from nnunet_deepstaple.fusion.weights.scores import weights_of
from nnunet_deepstaple.fusion.weights.scores_and_overlap import score_trust_for, share_trust

from ..evidence.rows import add_output_option, add_rows
from .replays.options import DEFAULT_WEIGHTS, PREDICTION, scores_of, vote
from .replays.runs import TRAINING_PASS, add_set_option, read_sets
from .replays.scores import SCORES
from .replays.vote_tables import VoteTable

EXAMPLES = """\
  python -m scripts.experiments.prediction_trust \\
      -set given hippocampus/candidates hippocampus/oracle evidence/logs/given_seed0
"""

_FEWER = (2, 3, 5, 7)
_SCORE_TRUST = (1.0, 0.7, 0.5, 0.3, 0.0)


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("prediction_trust", __doc__ or "", EXAMPLES)
    add_set_option(arguments)
    add_output_option(arguments)
    arguments.add_argument("-draws", type=int, default=5, help="times that fewer candidates are drawn (5)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of those draws (0)")
    given = arguments.parse_args()
    for name, one in read_sets(given):
        values = one.replay(SCORES["agreement"], TRAINING_PASS)
        rows: dict[str, dict[str, str | float]] = defaultdict(dict)
        for number in (*_FEWER, None):
            random = np.random.default_rng(given.seed)
            tables = one.tables if number is None else _fewer(one.tables, number, given.draws, random)
            for way, dice in _judge(tables, values).items():
                rows[way] |= {"set": name, "way": way}
                rows[way][f"Dice, {number or 'all'} candidates"] = dice
        add_rows("prediction_trust", rows.values(), ["way"], folder=given.o)


def _fewer(tables: Sequence[VoteTable], number: int, draws: int, random: np.random.Generator) -> list[VoteTable]:
    drawn = [(table, random.permutation(len(table.candidates))[:number]) for _ in range(draws) for table in tables]
    return [table.subset(sorted(kept.tolist())) for table, kept in drawn]


def _judge(tables: Sequence[VoteTable], values: Mapping[str, float]) -> dict[str, float]:
    """Mean Dice of the consensus, for each way."""
    found: dict[str, list[float]] = defaultdict(list)
    shared, compared_with = [], []
    for table in tables:
        by_scores = weights_of(scores_of(table, values), *DEFAULT_WEIGHTS)
        for trust in _SCORE_TRUST:
            weights = share_trust(table.voted(table.votes), by_scores, len(by_scores), trust).of_voters
            found[f"t = {trust:g}"].append(table.dice(vote(table, weights)))
        number = len(by_scores)
        weights = share_trust(table.voted(table.votes), by_scores, number, score_trust_for(number)).of_voters
        votes = np.column_stack([table.votes, table.votes_of(PREDICTION)])
        (dice,), best, within = compared(table.voted(votes), np.append(weights, 0), number)
        shared.append(weights)
        compared_with.append((dice, best, best_of(best, within, number)))
    dices, apart, measured = np.array(compared_with).T
    network = network_trust(dices, measured)
    for table, weights, (dice, best, _) in zip(tables, shared, compared_with, strict=True):
        image = float(confirmed(dice, best))
        kept = {
            "none": 0.0,
            "fixed": 1.0,
            "Dice": min(dice / best, 1) ** 6 if best else 1.0,
            "image": image,
            "network, apart": network_trust(dices, apart),
            "network": network,
            "network and image": network * image,
        }
        for way, part in kept.items():
            found[way].append(table.dice(vote(table, weights, DEFAULT_PREDICTION * part)))
    return {way: float(np.mean(dice)) for way, dice in found.items()}


if __name__ == "__main__":
    main()
