"""Candidates that are repeated: how far copies of one candidate, or of all, move each label-only rule.

Copies of a candidate, each with a tenth of its surface flipped, are added to those of each image: of the third worst,
the median and the best one, so that each is there 3 or 5 times; of each candidate one (every atlas registered twice);
of the third worst and of the median at once. With ``-again`` an image also has the candidates of a second folder, such
as the same atlases registered by another tool. Fewer candidates, drawn by chance, say what rules are worth where
nothing is repeated. Nothing is smoothed. ``spectral, each for itself`` is spectral as it was: copies not discounted.

For spectral, shares on disputed voxels are compared with how often they are right (expected calibration error, 15 bins;
Brier score), as votes and calibrated.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.datasets.candidates import Candidates, find_candidates
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.files.boxes import as_3d, foreground_box, grown, union
from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.fusion.decision.calibration import calibrated_shares, exponent_of
from nnunet_deepstaple.fusion.decision.consensus import Consensus
from nnunet_deepstaple.fusion.decision.expected_dice import decide_by_dice, hardly_overlap
from nnunet_deepstaple.fusion.rules.rule import Rule
from nnunet_deepstaple.fusion.rules.simple import simple
from nnunet_deepstaple.fusion.rules.staple import staple
from nnunet_deepstaple.fusion.rules.weighted import leave_one_out, majority, spectral, weighted
from nnunet_deepstaple.fusion.votes.collect import collect_votes
from nnunet_deepstaple.fusion.votes.overlap import mean_dice, pairwise_dice
from nnunet_deepstaple.fusion.votes.shares import vote_shares
from nnunet_deepstaple.fusion.votes.votes import VoteMap, Votes
from nnunet_deepstaple.fusion.weights.spectral import POWER, leading_eigenvector
from nnunet_deepstaple.fusion.weights.weights import Weights

from ..evidence.rows import add_output_option, add_rows
from .common.judging import dice_of_arrays

EXAMPLES = """\
  python -m scripts.experiments.repeated_candidates -set given hippocampus/candidates hippocampus/oracle
  python -m scripts.experiments.repeated_candidates -draw 10 -set 'networks, 10' candidates oracle
"""

_FLIPPED = 0.1
_BINS = 15


def plain_spectral(votes: Votes, weights: Weights | None = None) -> Consensus:
    """The rule spectral without discounting copies, and without rejecting anybody."""
    del weights
    dice = pairwise_dice(votes)
    powers = leading_eigenvector(dice) ** POWER
    consensus = weighted(votes, Weights(powers / powers.sum()))
    if not hardly_overlap(dice, powers / powers.sum()):
        return consensus
    labels = decide_by_dice(consensus.shares, votes, powers / powers.sum())
    return Consensus(labels, consensus.shares, powers / powers.sum(), by_dice=True)


RULES: dict[str, Rule] = {
    "majority": majority,
    "STAPLE": staple,
    "STAPLE, disputed voxels": partial(staple, disputed_only=True),
    "SIMPLE": simple,
    "leave_one_out": leave_one_out,
    "spectral, each for itself": plain_spectral,
    "spectral": spectral,
}

Repeats = Callable[[np.ndarray], list[int]]
"""Which candidates to copy, of those in the order of their quality."""

CASES: dict[str, Repeats] = {
    "as given": lambda _: [],
    "third worst x 3": lambda order: [order[2]] * 2,
    "third worst x 5": lambda order: [order[2]] * 4,
    "median x 3": lambda order: [order[len(order) // 2]] * 2,
    "median x 5": lambda order: [order[len(order) // 2]] * 4,
    "best x 3": lambda order: [order[-1]] * 2,
    "best x 5": lambda order: [order[-1]] * 4,
    "each twice": lambda order: list(range(len(order))),
    "two groups": lambda order: [order[2]] * 3 + [order[len(order) // 2]] * 3,
}


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("repeated_candidates", __doc__ or "", EXAMPLES)
    arguments.add_argument(
        "-set", nargs=3, action="append", required=True, metavar=("NAME", "CANDIDATES", "ORACLE"), help="several times"
    )
    arguments.add_argument("-cases", nargs="+", choices=CASES, default=list(CASES), help="what is repeated (all)")
    arguments.add_argument("-again", type=Path, metavar="FOLDER", help="candidates of a second registration")
    arguments.add_argument("-draw", type=int, metavar="K", help="only K candidates, drawn once for all images")
    arguments.add_argument("-fewer", nargs="*", type=int, default=[], metavar="K", help="also of K candidates")
    arguments.add_argument("-images", type=int, metavar="N", help="only the first N images")
    add_output_option(arguments)
    given = arguments.parse_args()
    for name, candidates, oracle in given.set:
        found = _candidates(Path(candidates), given.draw)
        again = find_candidates([given.again])[0] if given.again else {}
        rows = judge(name, found, again, Path(oracle), given.cases, given.fewer, given.images)
        add_rows("repeated_candidates", rows, ["case", "rule"], folder=given.o)


def _candidates(folder: Path, drawn: int | None) -> Candidates:
    """Candidates of each image; the same ones of each if some are drawn."""
    found, _ = find_candidates([folder])
    if drawn is None:
        return found
    names = sorted({one.name for some in found.values() for one in some})
    kept = {names[place] for place in np.random.default_rng(0).choice(len(names), drawn, replace=False)}
    return {image: [one for one in some if one.name in kept] for image, some in found.items()}


def judge(
    name: str,
    found: Candidates,
    again: Candidates,
    oracle: Path,
    cases: Sequence[str],
    fewer: Sequence[int],
    n_images: int | None,
) -> list[dict[str, str | float]]:
    """Rows of one set."""
    truths = {image: path for path, image in label_maps_in(oracle)}
    random = np.random.default_rng(0)
    dice: dict[tuple[str, str], list[float]] = {}
    told: dict[tuple[str, str], list[np.ndarray]] = {}
    images = sorted(found)[:n_images]
    for image in progress(images, name, len(images)):
        truth, *arrays = _around_objects([truths[image], *(one.path for one in [*found[image], *again.get(image, [])])])
        maps, others = arrays[: len(found[image])], arrays[len(found[image]) :]
        for case, some in _variants(maps, others, truth, cases, fewer, random):
            votes = collect_votes(some)
            for title, rule in RULES.items():
                consensus = rule(votes, None)
                labels = votes.paint(votes.labels[consensus.labels])
                dice.setdefault((case, title), []).append(dice_of_arrays(labels, truth))
            for way, pairs in _certainty(votes, spectral(votes), truth).items():
                told.setdefault((case, way), []).append(pairs)
    rows: list[dict[str, str | float]] = [
        {"set": name, "case": case, "rule": title, "Dice": float(np.mean(values))}
        for (case, title), values in dice.items()
    ]
    for (case, way), found_there in told.items():
        error, brier = calibration(np.concatenate(found_there, axis=1))
        rows.append({"set": name, "case": case, "rule": way, "calibration error": error, "Brier score": brier})
    return rows


def _around_objects(paths: Sequence[Path]) -> list[np.ndarray]:
    """Label maps of one image, without planes that are empty in all of them, but for one at each side."""
    arrays = [read_label_map(path)[0] for path in paths]
    shape = as_3d(arrays[0].shape)
    arrays = [one.reshape(shape) for one in arrays]
    box = grown(reduce(union, map(foreground_box, arrays)), (1, 1, 1), shape)
    return [one[box].copy() for one in arrays]


def _variants(
    maps: list[np.ndarray],
    again: list[np.ndarray],
    truth: np.ndarray,
    cases: Sequence[str],
    fewer: Sequence[int],
    random: np.random.Generator,
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Each case of an image with its label maps."""
    order = np.argsort([dice_of_arrays(one, truth) for one in maps], kind="stable")
    for case in cases:
        yield case, [*maps, *(flip_surface(maps[place], random) for place in CASES[case](order))]
    if again:
        yield "registered twice", [*maps, *again]
    for count in fewer:
        if count < len(maps):
            yield f"{count} candidates", [maps[place] for place in random.choice(len(maps), count, replace=False)]


def flip_surface(labels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A copy in which a tenth of the voxels at a border have the label beyond it."""
    beyond, borders = labels.copy(), np.zeros(labels.shape, bool)
    for axis in range(labels.ndim):
        for step in (1, -1):
            moved = np.roll(labels, step, axis)
            edge = [slice(None)] * labels.ndim
            edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
            moved[tuple(edge)] = labels[tuple(edge)]
            differs = moved != labels
            taken = differs & (~borders | (random.random(labels.shape) < 0.5))
            beyond[taken] = moved[taken]
            borders |= differs
    return np.where(borders & (random.random(labels.shape) < _FLIPPED), beyond, labels)


def _certainty(votes: VoteMap, consensus: Consensus, truth: np.ndarray) -> dict[str, np.ndarray]:
    """Share of the winning label and whether it is right, in disputed voxels, shape (2, N), by how it is told."""
    if consensus.weights is None or consensus.of_all is None:
        return {}
    exponent = exponent_of(mean_dice(pairwise_dice(votes), consensus.of_all, consensus.dependence))
    shares = {
        "votes": consensus.shares,
        "calibrated": calibrated_shares(vote_shares(votes, consensus.of_all), exponent),
    }
    disputed = votes.paint((votes.patterns != votes.patterns[:, :1]).any(axis=1))
    right = (votes.paint(votes.labels[consensus.labels]) == truth)[disputed]
    return {
        way: np.stack([votes.paint(one.of_labels(consensus.labels))[disputed], right]) for way, one in shares.items()
    }


def calibration(told: np.ndarray) -> tuple[float, float]:
    """Expected calibration error and Brier score of shares and whether they were right, shape (2, N)."""
    share, right = told
    bins = np.minimum((share * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, share - right, _BINS)
    return float(np.abs(gaps).sum() / share.size), float(np.mean((share - right) ** 2))


if __name__ == "__main__":
    main()
