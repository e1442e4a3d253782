"""A table of measures → which source is how good, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..fusion.votes.means import mean
from .ceiling import Ceiling, FoundCeiling
from .estimate import Estimate, estimate, more_truths
from .groups import groups, rank_intervals, ranks
from .table import Table

MEAN = "mean"
"""Name of the mean over labels, among the labels."""


@dataclass(frozen=True)
class RankedSource:
    """One source, for one label or for the mean over labels.

    Attributes:
        source: its name.
        images: how many images it has, with this label.
        dice: estimated mean Dice with the true labels.
        low, high: ends of its 95 % interval.
        rank: 1 for the best.
        rank_low, rank_high: ends of the rank's 95 % interval.
        group: 1 for the best; a group's sources cannot be told apart from its first one.
        match: mean Dice with the label that all sources have in common.
        volume_ratio: mean of its volume / that of the consensus.
        border: mean of how far outside (+) or inside (−) the border of the consensus it draws, in mm.
        missed: objects of the consensus that it lacks, per image.
        false: objects that only it has, per image.
        true_dice, surface_dice, hd95: means over the images with true labels; the distance in mm.
    """

    source: str
    images: int
    dice: float
    low: float
    high: float
    rank: int
    rank_low: int
    rank_high: int
    group: int
    match: float
    volume_ratio: float | None
    border: float | None
    missed: float | None
    false: float | None
    true_dice: float | None
    surface_dice: float | None
    hd95: float | None


@dataclass(frozen=True)
class LabelRanking:
    """All sources for one label.

    Attributes:
        name: of the label; :data:`MEAN` for the mean over labels.
        sources: the best first; those of which nothing is known are left out.
        ceiling: what is known of the common label's Dice with the truth.
        more_truths: how many more images with true labels would halve the intervals; 0 where none would.
    """

    name: str
    sources: Sequence[RankedSource]
    ceiling: FoundCeiling
    more_truths: int

    @property
    def is_sure(self) -> bool:
        """Whether the best source can be told apart from all others."""
        return not self.rivals

    @property
    def rivals(self) -> list[str]:
        """Names of the sources, but the best one, that may be as good: those of the first group."""
        return [one.source for one in self.sources[1:] if one.group == 1]


def rank_structure(table: Table, label: str | None, assumed: Ceiling | None) -> LabelRanking:
    """Rank the sources for one structure, or for the mean over all where ``label`` is None."""
    match = table.of("match", label)
    truth = table.of("dice", label)
    found = estimate(match, truth, assumed)
    return LabelRanking(label or MEAN, _ranked(table, label, match, found), found.ceiling, more_truths(found))


def _ranked(table: Table, label: str | None, match: np.ndarray, found: Estimate) -> list[RankedSource]:
    known = np.flatnonzero(np.isfinite(found.dice)).tolist()
    dice, draws = found.dice[known], found.draws[:, known]
    low, high = np.percentile(draws, (2.5, 97.5), axis=0)
    places, ends, group = ranks(dice), rank_intervals(draws), groups(dice, draws)
    columns = {
        name: mean(table.of(name, label), 0)
        for name in ("volume_ratio", "border", "missed", "false", "dice", "surface_dice", "hd95")
    }
    columns["true_dice"] = columns.pop("dice")
    rows = [
        RankedSource(
            source=table.sources[source],
            images=int(np.isfinite(match[:, source]).sum()),
            dice=float(dice[number]),
            low=float(low[number]),
            high=float(high[number]),
            rank=int(places[number]),
            rank_low=int(ends[0, number]),
            rank_high=int(ends[1, number]),
            group=int(group[number]),
            match=float(mean(match[:, source], 0)),
            **{name: _or_none(values[source]) for name, values in columns.items()},
        )
        for number, source in enumerate(known)
    ]
    return sorted(rows, key=lambda one: one.rank)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
