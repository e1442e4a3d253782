"""Experiment III: data parameters beside the training (out of line) against data parameters that weight it (in line).

Both train on all candidates from the same seed with the same budget; the out-of-line network is scoring_run's. For
each: Spearman of θ and agreement with the true Dice over the training, and the final network's Dice on test images
and on the training images.
"""

from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.nnunet_folders import PREDICTIONS
from nnunet_deepstaple.scoring.visit_log import FILE_NAME, read_visit_log

from ..evidence.rows import Row, add_output_option, add_rows, add_set_name
from .common.judging import dice_of_folder
from .common.statistics import interval, spearman, spearman_within
from .common.training import (
    IN_LINE_TRAINER,
    SCORING_TRAINER,
    Budget,
    Dataset,
    Network,
    add_training_options,
    network_of,
)
from .common.workspace import Workspace, require_folder
from .replays.options import scores_of
from .replays.runs import SECOND_PASS, Run
from .replays.scores import SCORES
from .replays.vote_tables import read_vote_tables
from .scoring_run import prepare

EXAMPLES = """\
  python -m scripts.experiments.in_line -data hippocampus -w work
  python -m scripts.experiments.in_line … -seeds 0 1 2
"""

WAYS = {"out of line": SCORING_TRAINER, "in line": IN_LINE_TRAINER}
_SCORES = ("θ as published", "agreement")


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("in_line", __doc__ or "", EXAMPLES)
    add_training_options(arguments, "3d_fullres", epochs=30, data="images/, candidates/, oracle/ and test/")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    add_set_name(arguments)
    add_output_option(arguments)
    arguments.add_argument("-d", type=int, default=701, help="id of the dataset (701)")
    arguments.add_argument("-n", default="Candidates", help="name of the dataset (Candidates)")
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument("-fold", default="0", help="fold (0)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/, candidates/, oracle/ and test/")
    dataset = Dataset(Workspace(given.w.absolute()), given.d, given.n)
    network = network_of(given, given.c)
    prepare(dataset, data / "images", data / given.candidates)
    dataset.plan(network)
    tables = read_vote_tables([data / given.candidates], data / "oracle")
    finals: dict[str, list[dict[str, float]]] = {}
    courses: dict[str, list[list[dict[str, float]]]] = {}
    for seed in given.seeds:
        for way, trainer in WAYS.items():
            folder = train(dataset, trainer, network, Budget(given.epochs, given.iterations, seed), given.fold, data)
            found = Run({SECOND_PASS: read_visit_log(folder / FILE_NAME)}, tables)
            courses.setdefault(way, []).append(course(found))
            finals.setdefault(way, []).append(final_dice(folder, found, data) | courses[way][-1][-1])
            add_rows("in_line", final_rows(finals, given.set), ["way"], folder=given.o)
            add_rows("in_line_course", course_rows(courses, given.set), ["epoch"], folder=given.o)


def train(dataset: Dataset, trainer: str, network: Network, budget: Budget, fold: str, data: Path) -> Path:
    """Train one way, predict the test images, and give the fold folder."""
    dataset.train(trainer, network, budget, fold)
    folder = dataset.fold_folder(trainer, network, budget, fold)
    dataset.predict(trainer, network, budget, fold, data / "test/images", folder / "test_predictions")
    return folder


def final_dice(folder: Path, found: Run, data: Path) -> dict[str, float]:
    """Mean Dice of the final network on test images, training images and validation images."""
    training = dice_of_folder(folder / PREDICTIONS, data / "oracle")
    held_out = found.validation_images
    test = dice_of_folder(folder / "test_predictions", data / "test/labels")
    return {
        "Dice of test images": float(np.mean(list(test.values()))),
        "Dice of training images": float(np.mean([dice for image, dice in training.items() if image not in held_out])),
        "Dice of validation images": float(np.mean([dice for image, dice in training.items() if image in held_out])),
    }


def course(found: Run) -> list[dict[str, float]]:
    """Spearman of the scores with the true Dice after each epoch."""
    truth = [table.true_dice() for table in found.tables]
    points = []
    for epochs in range(1, found.logs[SECOND_PASS].epochs + 1):
        point: dict[str, float] = {}
        for score in _SCORES:
            values = found.replay(SCORES[score], SECOND_PASS, epochs)
            scores = [scores_of(table, values) for table in found.tables]
            point[f"{score}, within image"] = spearman_within(scores, truth)
            point[f"{score}, all cases"] = spearman(np.concatenate(scores), np.concatenate(truth))
        points.append(point)
    return points


def final_rows(finals: dict[str, list[dict[str, float]]], name: str) -> list[Row]:
    """The numbers of the final networks of a set, means over seeds with their 95 % intervals."""
    rows: list[Row] = []
    for way, found in finals.items():
        row: dict[str, str | int | float] = {"set": name, "way": way, "seeds": len(found)}
        for metric in found[0]:
            row[metric], row[f"± {metric}"] = interval([one[metric] for one in found])
        rows.append(row)
    return rows


def course_rows(courses: dict[str, list[list[dict[str, float]]]], name: str) -> list[Row]:
    """The ranking of a set after each epoch, means over seeds."""
    lines = {
        f"{score}, {way}": np.mean([[point[f"{score}, within image"] for point in one] for one in found], axis=0)
        for way, found in courses.items()
        for score in _SCORES
    }
    epochs = range(1, max(map(len, lines.values())) + 1)
    return [
        {"set": name, "epoch": epoch, **{line: float(values[epoch - 1]) for line, values in lines.items()}}
        for epoch in epochs
    ]


if __name__ == "__main__":
    main()
