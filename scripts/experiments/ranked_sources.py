"""How well ds_rank's estimates hold: sources whose true Dice is known, estimated without it and with a part of it.

For each set, and for draws of a few of its sources: Spearman's ρ of the estimated with the true mean Dice, the mean
absolute error, the share of the 95 % intervals that hold the true mean, their mean width, how often the truly best
source is in the first group, and which share of the sources that group holds; and ρ of the mean Dice in the images with
truth alone. Intervals are for images like those at hand. So the images are drawn, too, as many as the set has, with
replacement; and once more all of them are taken as they are. The images with truth are different ones in each draw. The
true mean is over all images of the set, as if each source had them all. Then, for each image and structure, the
expected with the true Dice of the consensus. Each file is read once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from scipy.stats import spearmanr

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import Candidate, find_candidates
from nnunet_deepstaple.datasets.true_labels import find_true_labels
from nnunet_deepstaple.fusion.votes.means import mean
from nnunet_deepstaple.fusion.votes.reading import read_votes
from nnunet_deepstaple.ranking.ceiling import assumed_ceiling
from nnunet_deepstaple.ranking.estimate import estimate, source_means
from nnunet_deepstaple.ranking.expected import expected_dice
from nnunet_deepstaple.ranking.groups import groups
from nnunet_deepstaple.ranking.match import match_of_structure
from nnunet_deepstaple.ranking.measure import dependence_of, vote_of_sources
from nnunet_deepstaple.ranking.pairs import pairwise_dice

from ..evidence.rows import add_output_option, add_rows

EXAMPLES = """\
  python -m scripts.experiments.ranked_sources -set networks pancreas/candidates pancreas/oracle
"""

METRICS = (
    "Spearman",
    "absolute error",
    "coverage",
    "width",
    "best in first group",
    "share in first group",
    "Spearman of truths alone",
)


@dataclass(frozen=True)
class Truth:
    """A set.

    Attributes:
        name: of it.
        dice: of each pair of its K sources and, in the last row, with the truth, shape (N, L, K + 1, K + 1).
        consensus: match of the consensus, and its Dice with the truth, shape (N, L, 2).
    """

    name: str
    dice: np.ndarray
    consensus: np.ndarray

    def match_of(self, label: int) -> np.ndarray:
        """Match of all sources for one label, shape (N, K)."""
        return Truth(self.name, self.dice[:, [label]], self.consensus).of_sources(range(self.dice.shape[-1] - 1))[0]

    def of_sources(self, places: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
        """Match and true Dice of some sources, means over labels, shape (N, K) each."""
        pairs = self.dice[:, :, places][:, :, :, places]
        there = np.isfinite(pairs).any(axis=(1, 3))[:, np.newaxis]  # a source that shows nothing overlaps by 0
        shown = np.where(there, np.isfinite(np.diagonal(pairs, axis1=2, axis2=3)).astype(float), np.nan)
        match = [
            [_match(*one, dependence_of(mean(image, 0))) for one in zip(image, there, strict=True)]
            for image, there in zip(pairs, shown, strict=True)
        ]
        return mean(np.array(match), 1), mean(self.dice[:, :, places, -1], 1)


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("ranked_sources", str(__doc__).split("\n", maxsplit=1)[0], EXAMPLES)
    arguments.add_argument("-set", nargs=3, action="append", required=True, metavar=("NAME", "CANDIDATES", "TRUTH"))
    arguments.add_argument("-draws", type=int, default=100, help="of sources and of images with truth")
    add_output_option(arguments)
    given = arguments.parse_args()
    sets = [read_set(name, Path(candidates), Path(truth)) for name, candidates, truth in given.set]
    rows = [row for one in sets for row in (*judge_consensus(one, given.draws), *judge(one, given.draws))]
    add_rows("ranked_sources", rows, ["sources", "images", "truths"], folder=given.o)


def read_set(name: str, folder: Path, truth: Path) -> Truth:
    """Read a set's files, image by image; an image without truth is left out."""
    candidates, _ = find_candidates([folder])
    true = find_true_labels(truth, candidates, print)
    sources = sorted({one.name for found in candidates.values() for one in found})
    found: list[dict[int, np.ndarray]] = []
    consensus: list[dict[int, tuple[float, float]]] = []
    for image in progress(sorted(true), name):
        votes, _ = read_votes([*candidates[image], Candidate(image, "truth", true[image])])
        places = np.ix_(*2 * [[*(sources.index(one.name) for one in candidates[image]), len(sources)]])
        found.append({})
        consensus.append({})
        speaks = votes.patterns < len(votes.labels)
        masks = {value: votes.patterns == place for place, value in enumerate(votes.labels.tolist()) if place}
        dice = {value: pairwise_dice(mask, speaks, votes.counts) for value, mask in masks.items()}
        together = dependence_of(mean(np.array([one[:-1, :-1] for one in dice.values()]), 0))
        for value, mask in masks.items():
            found[-1][value] = np.full((len(sources) + 1,) * 2, np.nan)
            found[-1][value][places] = dice[value]
            match = _match(dice[value][:-1, :-1], mask[:, :-1].any(axis=0).astype(float), together)
            _, one = vote_of_sources(match, mask, speaks, votes.counts)
            consensus[-1][value] = one.match, one.dice
    labels = sorted({value for image in found for value in image})
    nothing = np.full((len(sources) + 1,) * 2, np.nan)
    return Truth(
        name,
        np.array([[image.get(value, nothing) for value in labels] for image in found]),
        np.array([[image.get(value, (np.nan, np.nan)) for value in labels] for image in consensus]),
    )


def judge_consensus(one: Truth, n_draws: int) -> Iterator[dict[str, Any]]:
    """Rows on the expected Dice of the consensus: of each image and structure, without truth and with some."""
    rng = np.random.default_rng(0)
    n_images, n_labels = one.consensus.shape[:2]
    ceilings = [assumed_ceiling(float(np.nanmean(one.match_of(label))), None) for label in range(n_labels)]
    for n_truths in (0, 5):
        found = []
        for _ in range(n_draws if n_truths else 1):
            images = rng.choice(n_images, n_truths, replace=False)
            for ceiling, (match, true) in zip(
                ceilings, np.moveaxis(one.consensus, 1, 0).transpose(0, 2, 1), strict=True
            ):
                known = np.full(n_images, np.nan)
                known[images] = true[images]
                there = np.isfinite(match) & np.isfinite(true) & np.isnan(known)
                dice, low, high = expected_dice(match, known, ceiling)[:, there]
                apart, inside = np.abs(dice - true[there]), (low <= true[there]) & (true[there] <= high)
                found.append((float(spearmanr(dice, true[there]).statistic), float(apart.mean()), float(inside.mean())))
        values = dict(zip(METRICS[:3], np.nanmean(found, axis=0).tolist(), strict=True))
        yield {"set": one.name, "sources": "consensus", "truths": n_truths, "draws": len(found), **values}


def judge(one: Truth, n_draws: int) -> Iterator[dict[str, Any]]:
    """Rows of a set: all sources and a few, without truth and with that of a few images."""
    n_images, n_sources = len(one.dice), one.dice.shape[-1] - 1
    rng = np.random.default_rng(0)
    for count in (*(count for count in (3, 5, 10) if count < n_sources), n_sources):
        draws = [sorted(rng.choice(n_sources, count, replace=False).tolist()) for _ in range(n_draws)]
        known_of = {tuple(places): one.of_sources(places) for places in draws}
        for drawn, n_truths in product(("drawn", "all"), (0, 3, 5, 10)):
            found = []
            for places in draws:
                match, truth = known_of[tuple(places)]
                images = rng.integers(0, n_images, n_images) if drawn == "drawn" else rng.permutation(n_images)
                found.append(compare(match[images], truth, truth_of_some(truth, images, n_truths)))
            values = dict(zip(METRICS, np.nanmean(found, axis=0).tolist(), strict=True))
            row = {"set": one.name, "sources": count, "images": drawn, "truths": n_truths, "draws": len(found)}
            yield row | values


def truth_of_some(truth: np.ndarray, images: np.ndarray, n_truths: int) -> np.ndarray:
    """Truth of the first different images of a draw, NaN elsewhere, shape (N, K).

    Args:
        truth: in all M images of the set, shape (M, K).
        images: that were drawn, shape (N,).
        n_truths: how many.
    """
    _, first = np.unique(images, return_index=True)
    places = np.sort(first)[:n_truths]
    known = np.full((len(images), truth.shape[1]), np.nan)
    known[places] = truth[images[places]]
    return known


def _match(dice: np.ndarray, shown: np.ndarray, together: np.ndarray) -> np.ndarray:
    return match_of_structure(dice, shown, together) if np.isfinite(dice).any() else np.full(len(dice), np.nan)


def compare(match: np.ndarray, truth: np.ndarray, known: np.ndarray) -> tuple[float, ...]:
    """The numbers of :data:`METRICS` for one draw.

    Args:
        match: of the sources in the images that were drawn, shape (N, K).
        truth: Dice with the true labels in all images of the set, shape (M, K).
        known: what is told of it of the drawn images, shape (N, K).
    """
    true = source_means(truth, np.ones((1, len(truth))))[0]
    found = estimate(match, known)
    there = np.isfinite(true) & np.isfinite(found.dice)
    if there.sum() < 2:
        return (np.nan,) * len(METRICS)
    true, dice, (low, high) = true[there], found.dice[there], found.interval[:, there]
    group = groups(dice, found.draws[:, there])
    alone = source_means(known, np.ones((1, len(known))))[0]
    return (
        _spearman(dice, true),
        float(np.abs(dice - true).mean()),
        float(np.mean((low <= true) & (true <= high))),
        float(np.mean(high - low)),
        float(group[true.argmax()] == 1),
        float(np.mean(group == 1)),
        _spearman(alone[there], true),
    )


def _spearman(values: np.ndarray, true: np.ndarray) -> float:
    known = np.isfinite(values)
    return float(spearmanr(values[known], true[known]).statistic) if known.sum() > 1 else float("nan")


if __name__ == "__main__":
    main()
