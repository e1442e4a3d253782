"""Second networks judged on test images: the rows that remember them, and the table over rows and seeds.

The evidence has two numbers for each row, seed and test image. They grow with each network, so that networks trained at
other times, or on other machines, stand in the same table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..evidence.rows import Evidence, Row
from .common.judging import dice_of_folder, volumes_of_folder
from .common.statistics import interval, paired_p

ORACLE = "ORACLE"
DICE, VOLUME = "Dice", "volume, × true"
COMPARED = ("STAPLE", "SIMPLE")
"""Rows that the others are tested against."""


@dataclass(frozen=True)
class JudgedNetwork:
    """The test images of one network: mean Dice over the labels, and foreground volume where the true one is 1."""

    dice: dict[str, float]
    volume: dict[str, float]

    @classmethod
    def of(cls, predictions: Path, truth: Path) -> "JudgedNetwork":
        """Judge a folder of predictions."""
        return cls(dice_of_folder(predictions, truth), volumes_of_folder(predictions, truth))

    @property
    def mean_volume(self) -> float:
        """Mean volume over the images that have one; NaN where none is known."""
        known = [volume for volume in self.volume.values() if not np.isnan(volume)]
        return float(np.mean(known)) if known else float("nan")


Networks = dict[tuple[str, int], JudgedNetwork]
"""JudgedNetwork networks by row and seed."""


def read_networks(evidence: Evidence, experiment: str) -> Networks:
    """The networks that the evidence remembers of an experiment."""
    networks: Networks = {}
    for name, measured in evidence.items():
        if name.experiment == experiment and name.image:
            judged = networks.setdefault((name.ways["row"], int(name.seed)), JudgedNetwork({}, {}))
            judged.volume.setdefault(name.image, float("nan"))
            {DICE: judged.dice, VOLUME: judged.volume}[name.metric][name.image] = float(measured.value)
    return networks


def network_rows(networks: Networks) -> list[Row]:
    """What the evidence remembers: a line for each row, seed and test image."""
    return [
        {"row": row, "seed": seed, "image": image, DICE: dice, VOLUME: judged.volume[image]}
        for (row, seed), judged in sorted(networks.items())
        for image, dice in judged.dice.items()
    ]


def networks_table(networks: Networks, labels: Mapping[str, tuple[float, float]]) -> list[Row]:
    """One line for each row, best first: its labels' Dice and volume, and those of the networks trained on them.

    Rows are compared over the seeds that they have in common.

    Args:
        networks: the judged networks.
        labels: Dice and volume of the labels of those rows that have one label map for each image.
    """
    rows = dict.fromkeys(row for row, _ in networks)
    means = {row: interval([_dice(networks, row, [seed]).mean() for seed in _seeds(networks, row)]) for row in rows}
    return [
        _line(networks, row, *means[row], *labels.get(row, (float("nan"), float("nan"))))
        for row in sorted(rows, key=lambda row: -means[row][0])
    ]


def _line(networks: Networks, row: str, mean: float, width: float, label_dice: float, label_volume: float) -> Row:
    seeds = _seeds(networks, row)
    line: dict[str, str | int | float] = {
        "row": row,
        "labels' Dice": label_dice,
        "labels' volume, × true": label_volume,
        "seeds": len(seeds),
        "test Dice": mean,
        "± 95 % over seeds": width,
        "test volume, × true": float(np.mean([networks[row, seed].mean_volume for seed in seeds])),
    }
    common = {other: sorted(set(seeds) & set(_seeds(networks, other))) for other in (ORACLE, *COMPARED)}
    if common[ORACLE]:
        share = _dice(networks, row, common[ORACLE]).mean() / _dice(networks, ORACLE, common[ORACLE]).mean()
        line["% of ORACLE"] = float(100 * share)
    for other in COMPARED:
        if common[other] and other != row:
            mine, theirs = (_dice(networks, name, common[other]) for name in (row, other))
            line[f"− {other}"] = float((mine - theirs).mean())
            line[f"p, {other}"] = paired_p(mine, theirs)
    return line


def _dice(networks: Networks, row: str, seeds: list[int]) -> np.ndarray:
    """Dice of each test image, mean over seeds, shape (I,)."""
    found = [networks[row, seed].dice for seed in seeds]
    return np.mean([[dice[image] for image in sorted(dice)] for dice in found], axis=0)


def _seeds(networks: Networks, row: str) -> list[int]:
    return sorted(seed for name, seed in networks if name == row)
