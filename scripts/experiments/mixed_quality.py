"""Experiment II: registered labels of two qualities, half from the best candidate and half from a poor one.

How well do the scores separate the halves, and how good a network comes of them: trained on all labels (which is what
the scoring network itself is), on all with data parameters that weight them in line, on the half that a score trusts,
and on the good half alone? Judged on slices of the test volumes.
"""

from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.files.label_maps import read_label_map

from ..evidence.rows import Row, add_rows
from .common.judging import dice_of_arrays, label_map_of
from .common.statistics import average_precision, interval, spearman
from .common.training import IN_LINE_TRAINER, SCORING_TRAINER, STOCK_TRAINER, Budget, Dataset, Network, network_of
from .common.workspace import Workspace, require_folder
from .disturbed_labels import COMPARED
from .replays.scores import SCORES
from .slices.dataset import (
    CONFIGURATION,
    FOLD,
    SET,
    Labelled,
    add_options,
    in_order,
    logs_of,
    make_dataset,
    read_slices,
)
from .slices.disturbances import choose
from .slices.slices import Slice, slices_of, write_slice_image

EXAMPLES = """\
  python -m scripts.experiments.mixed_quality -data hippocampus -w work
  python -m scripts.experiments.mixed_quality … -poor 6 -seeds 0 1 2
"""

_FIRST_DATASET = 780
_SELECTING = "agreement"


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("mixed_quality", __doc__ or "", EXAMPLES)
    add_options(arguments, "images/, candidates/, oracle/ and test/")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-poor", type=int, default=8, help="rank of the poor candidate, the best being 1 (8)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/, candidates/, oracle/ and test/")
    workspace, network = Workspace(given.w.absolute()), network_of(given, CONFIGURATION)
    slices = read_slices(data, given.step)
    test = write_test_slices(data, workspace, given.step)
    separation: dict[tuple[str, str], list[tuple[float, float]]] = {}
    networks: dict[str, list[float]] = {}
    for seed in given.seeds:
        labelled, poor = mix(slices, data / given.candidates, given.poor, seed)
        number = _FIRST_DATASET + 3 * seed
        dataset = make_dataset(workspace, number, f"Mixed{given.poor}s{seed}", labelled, network)
        budget = Budget(given.epochs, given.iterations, seed)
        truth, trusted = labelled.true_dice(), poor
        for which, log in logs_of(dataset, network, budget).items():
            for row, score in COMPARED.items():
                scores = in_order(labelled.cases, dict(zip(log.cases, SCORES[score](log), strict=True)))
                values = average_precision(-scores, poor), spearman(scores, truth)
                separation.setdefault((row, which), []).append(values)
                if score == _SELECTING:
                    trusted = scores >= np.median(scores)
        chosen = {"half trusted by agreement": trusted, "good half": ~poor}
        _judge(networks, "all labels", dataset, SCORING_TRAINER, network, budget, test)
        _judge(networks, "all labels, in line", dataset, IN_LINE_TRAINER, network, budget, test)
        for place, (name, kept) in enumerate(chosen.items(), start=1):
            part = f"Mixed{given.poor}s{seed}_{'trusted' if place == 1 else 'good'}"
            subset = make_dataset(workspace, number + place, part, labelled.where(kept), network)
            _judge(networks, name, subset, STOCK_TRAINER, network, budget, test)
        add_rows("mixed_quality", separation_rows(separation), ["score", "pass"], folder=given.o)
        add_rows("mixed_quality_networks", network_rows(networks), ["trained on"], folder=given.o)


def mix(slices: list[Slice], candidates: Path, poor_rank: int, seed: int) -> tuple[Labelled, np.ndarray]:
    """Give each slice the labels of its volume's best candidate, or of a poor one; tell which, shape (N,), bool."""
    random = np.random.default_rng(seed)
    found, _ = find_candidates([candidates])
    ranked: dict[str, list[np.ndarray]] = {}
    for volume in dict.fromkeys(one.volume for one in slices):
        label_maps = [read_label_map(candidate.path)[0].copy() for candidate in found[volume]]
        truth = {one.number: one.truth for one in slices if one.volume == volume}
        dice = [_dice_on(labels, truth) for labels in label_maps]
        ranked[volume] = [label_maps[place] for place in np.argsort(dice)[::-1]]
    poor = choose(len(slices), 0.5, random)
    labels = [
        ranked[one.volume][min(poor_rank, len(ranked[one.volume])) - 1 if is_poor else 0][one.number]
        for one, is_poor in zip(slices, poor, strict=True)
    ]
    return Labelled(slices, labels), poor


def write_test_slices(data: Path, workspace: Workspace, step: int) -> list[Slice]:
    """Write the slices of the test volumes as images to predict."""
    folder = workspace.folder / "slices/test/images"
    slices = list(slices_of(data / "test/images", data / "test/labels", step))
    if not folder.is_dir():
        folder.mkdir(parents=True)
        for one in slices:
            write_slice_image(one, folder)
    return slices


def volume_dice(slices: list[Slice], predictions: Path) -> dict[str, float]:
    """Mean Dice of each volume, over its slices taken together."""
    dice: dict[str, float] = {}
    for volume in dict.fromkeys(one.volume for one in slices):
        mine = [one for one in slices if one.volume == volume]
        predicted = [read_label_map(label_map_of(one.image, predictions))[0][0].copy() for one in mine]
        dice[volume] = dice_of_arrays(np.stack(predicted), np.stack([one.truth for one in mine]))
    return dice


def separation_rows(separation: dict[tuple[str, str], list[tuple[float, float]]]) -> list[Row]:
    """One row for each score and pass."""
    rows: list[Row] = []
    for (score, which), values in separation.items():
        row: dict[str, str | int | float] = {"set": SET, "score": score, "pass": which}
        for name, over_seeds in zip(("average precision", "Spearman"), zip(*values, strict=True), strict=True):
            row[name], row[f"± {name}"] = interval(over_seeds)
        rows.append(row | {"seeds": len(values)})
    return rows


def network_rows(networks: dict[str, list[float]]) -> list[Row]:
    """One row for each set of labels that a network was trained on."""
    rows: list[Row] = []
    for name, over_seeds in networks.items():
        mean, width = interval(over_seeds)
        rows.append(
            {"set": SET, "trained on": name, "test Dice": mean, "± 95 % over seeds": width, "seeds": len(over_seeds)}
        )
    return rows


def _judge(
    networks: dict[str, list[float]],
    name: str,
    dataset: Dataset,
    trainer: str,
    network: Network,
    budget: Budget,
    test: list[Slice],
) -> None:
    """Train (unless that is done), predict the test slices, and note the mean Dice of their volumes."""
    images = dataset.workspace.folder / "slices/test/images"
    output = dataset.fold_folder(trainer, network, budget, FOLD) / "test_predictions"
    dataset.train(trainer, network, budget, FOLD)
    dataset.predict(trainer, network, budget, FOLD, images, output)
    networks.setdefault(name, []).append(float(np.mean(list(volume_dice(test, output).values()))))


def _dice_on(labels: np.ndarray, truth: dict[int, np.ndarray]) -> float:
    numbers = sorted(truth)
    return dice_of_arrays(labels[numbers], np.stack([truth[number] for number in numbers]))


if __name__ == "__main__":
    main()
