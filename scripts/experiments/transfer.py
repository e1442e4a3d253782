"""The choice carried over: options chosen on some sets of candidates, judged on another.

For each set in turn, the best option of each family of the sweep is chosen by its mean Dice on the other sets, and
judged on this one. An image that several sets have in common takes no part in the choice that is judged on it: a set's
images are held out by halves, split anew several times. The fixed vote by agreement and prediction stands beside it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import InputError

from ..evidence.rows import Row, add_output_option, add_rows
from .common.statistics import paired_p
from .replays.choosing import carry_over
from .replays.families import families
from .replays.runs import add_set_option, read_sets
from .replays.sweep import Judged, Sweep

EXAMPLES = """\
  python -m scripts.experiments.transfer \\
      -set given hippocampus/candidates hippocampus/oracle work/results/…/fold_0 \\
      -set other other_candidates hippocampus/test/labels other/results/…/fold_0
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("transfer", __doc__ or "", EXAMPLES)
    add_set_option(arguments)
    add_output_option(arguments)
    arguments.add_argument("-repetitions", type=int, default=20, help="times that the images are split anew (20)")
    arguments.add_argument("-seed", type=int, default=0, help="seed of those splits (0)")
    given = arguments.parse_args()
    names = [name for name, *_ in given.set]
    if len(set(names)) < max(len(names), 2):
        raise InputError("give two or more -set, each with a name of its own")
    started = time.monotonic()
    found: dict[str, dict[str, list[Judged]]] = {}
    images: dict[str, list[str]] = {}
    for name, one in read_sets(given):
        sweep = Sweep([one])
        found[name], images[name] = families(sweep), sweep.runs[0].images
        print(f"judged      {name}, {len(images[name])} images", flush=True)
    rows = transfer_rows(found, images, given.repetitions, given.seed)
    add_rows("transfer", rows, ["family"], folder=given.o)
    print(f"finished    in {time.monotonic() - started:.0f} s")


def transfer_rows(
    found: Mapping[str, Mapping[str, Sequence[Judged]]],
    images: Mapping[str, Sequence[str]],
    repetitions: int,
    seed: int,
) -> list[Row]:
    """One row for each set and family.

    Args:
        found: families of judged options of each set.
        images: of each set, in the order of the options' Dice.
        repetitions: how many times a set's images are split anew.
        seed: of the splits.
    """
    rows: list[Row] = []
    for name, of_family in found.items():
        rules = {one.option.name: one.dice for one in of_family["label-only rules"]}
        for family in of_family:
            dice = {other: {one.option.name: one.dice for one in found[other].get(family, [])} for other in found}
            options = sorted(set.intersection(*(set(named) for named in dice.values())))
            if not options:
                continue
            tables = {other: np.stack([named[option] for option in options]) for other, named in dice.items()}
            carried = carry_over(tables, images, name, repetitions, seed)
            favourite, times = carried.chosen.most_common(1)[0]
            rows.append(
                {
                    "set": name,
                    "images": len(images[name]),
                    "family": family,
                    "options": len(options),
                    "Dice": float(carried.dice.mean()),
                    "− STAPLE": float((carried.dice - rules["STAPLE"]).mean()),
                    "p, STAPLE": paired_p(carried.dice, rules["STAPLE"]),
                    "− SIMPLE": float((carried.dice - rules["SIMPLE"]).mean()),
                    "p, SIMPLE": paired_p(carried.dice, rules["SIMPLE"]),
                    "Dice of the best on this set": float(tables[name].mean(axis=1).max()),
                    "chosen most": options[favourite],
                    "share of choices": times / carried.chosen.total(),
                }
            )
    return rows


if __name__ == "__main__":
    main()
