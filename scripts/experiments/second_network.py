"""Experiment IV: train a stock network on each consensus, and judge it on images that had no part in it.

One row for each source of labels:

  GAP        the source domain only: atlases and their own labels
  RND        one random candidate of each image
  ALL        every candidate, unweighted
  PRED       the scoring network's own prediction of the training images
  majority, STAPLE, SIMPLE, STAPLE_disputed   label-only rules
  DP         the paper: softmax of the data parameters; DP_standardised: standardised first
  agreement  weighted by the agreement; agreement_prediction: ds_fuse's default, the prediction votes too;
             agreement_prediction_0.25: with less weight
  ORACLE     the expert's labels

Each has the same trainer, plans, budget and seeds. The table is written anew after each network, so that it can be
read while the others train; rows that have not been trained yet have no Dice on test images.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.label_maps import read_label_map
from nnunet_deepstaple.label_names import label_names_of_values
from nnunet_deepstaple.nnunet_folders import dataset_number
from nnunet_deepstaple.raw_dataset import copy_label_map, find_images, new_dataset, write_dataset_json

from .figures import plot_bars
from .label_maps_dice import dice_of_folder, label_maps_in, volume_of_folder
from .label_sources import FUSED_ROWS, Sources
from .statistics import interval, paired_p
from .tables import Row, write_tables
from .training import STOCK_TRAINER, Budget, Dataset, Network, add_network_options, network_of
from .workspace import Workspace, require_folder

EXAMPLES = """\
  python -m scripts.experiments.second_network -data hippocampus -w work -i work/results/…/fold_0 -o out/second_network
  python -m scripts.experiments.second_network … -rows ORACLE agreement STAPLE -seeds 0 1 2
"""

GAP, ALL, ORACLE = "GAP", "ALL", "ORACLE"
ROWS = (GAP, ALL, *FUSED_ROWS)
ORDER = [ORACLE, "agreement", "agreement_prediction", "STAPLE", "SIMPLE", "DP", "PRED", "majority", ALL, "RND", GAP]


@dataclass(frozen=True)
class Experiment:
    """Where everything lies, and how the networks train."""

    data: Path
    sources: Sources
    network: Network
    epochs: int
    iterations: int
    fold: str
    first_number: int

    def dataset(self, row: str) -> Dataset:
        """Dataset of a row; ALL is the scoring run's own."""
        workspace = self.sources.workspace
        if row == ALL:
            full_name = self.sources.scored.parent.parent.name
            return Dataset(workspace, dataset_number(full_name), full_name.partition("_")[2])
        return Dataset(workspace, self.first_number + ROWS.index(row), row)

    def budget(self, seed: int) -> Budget:
        return Budget(self.epochs, self.iterations, seed)

    def predictions(self, row: str, seed: int) -> Path:
        """Where the network of a row leaves its predictions of the test images."""
        fold = self.dataset(row).fold_folder(STOCK_TRAINER, self.network, self.budget(seed), self.fold)
        return fold / "test_predictions"

    def train(self, row: str, seed: int) -> None:
        """Make a row's dataset, train its network and predict the test images, where that is not yet done."""
        dataset = self.dataset(row)
        if row != ALL:
            self._make(dataset, row)
            dataset.plan(self.network)
        dataset.train(STOCK_TRAINER, self.network, self.budget(seed), self.fold)
        output = self.predictions(row, seed)
        dataset.predict(STOCK_TRAINER, self.network, self.budget(seed), self.fold, self.data / "test/images", output)

    def _make(self, dataset: Dataset, row: str) -> None:
        folder = dataset.labels.parent
        if folder.is_dir():
            return
        source = self.data / "atlases" if row == GAP else self.data
        labels = source / "labels" if row == GAP else self.sources.folder(row)
        images = find_images(source / "images")
        names = label_names_of_values(_values(self.data / "oracle"))
        with new_dataset(folder) as temporary:
            for image, path in label_maps_in(labels).items():
                if image in images.channels:
                    copy_label_map(path, temporary / "labelsTr" / f"{image}{images.ending}")
            channels = [f"channel_{number}" for number in range(len(next(iter(images.channels.values()))))]
            write_dataset_json(temporary, images.channels, names, channels, images.ending)


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("second_network", __doc__ or "", EXAMPLES)
    arguments.add_argument("-data", required=True, type=Path, help="images/, candidates/, oracle/, atlases/, test/")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder scoring_run worked in")
    arguments.add_argument("-i", required=True, type=Path, metavar="FOLD_FOLDER", help="fold that scoring_run left")
    arguments.add_argument("-o", required=True, type=Path, metavar="PATH", help="beginning of the tables' paths")
    arguments.add_argument("-rows", nargs="+", default=ORDER, choices=ROWS, metavar="ROW", help="rows, in this order")
    arguments.add_argument("-seeds", type=int, nargs="+", default=[0], help="seeds; each trains every row (0)")
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument("-fold", default="all", help="fold of the second networks (all)")
    arguments.add_argument("-epochs", type=int, default=16, help="epochs (16)")
    arguments.add_argument("-iterations", type=int, default=50, help="iterations of an epoch (50)")
    arguments.add_argument("-d", type=int, default=710, help="id of the first row's dataset (710)")
    arguments.add_argument("--table", action="store_true", help="train nothing, write the tables of what is there")
    add_network_options(arguments, "3d_fullres")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/, candidates/, oracle/, atlases/ and test/")
    scored = require_folder(given.i, "the fold folder that scoring_run left")
    workspace = Workspace(given.w.absolute())
    sources = Sources(workspace, data / given.candidates, data / "oracle", scored, seed=0)
    network = network_of(given, given.c)
    experiment = Experiment(data, sources, network, given.epochs, given.iterations, given.fold, given.d)
    if not given.table:
        for seed in given.seeds:
            for row in given.rows:
                experiment.train(row, seed)
                write(experiment, given.rows, given.seeds, given.o)
    write(experiment, given.rows, given.seeds, given.o)


def write(experiment: Experiment, rows: list[str], seeds: list[int], path: Path) -> None:
    """Write the table, and the Dice of each test image."""
    per_image = {
        (row, seed): dice_of_folder(experiment.predictions(row, seed), experiment.data / "test/labels")
        for row in rows
        for seed in seeds
        if len(list(experiment.predictions(row, seed).glob("*.nii.gz"))) == len(_test_images(experiment.data))
    }
    table = table_rows(experiment, rows, per_image)
    write_tables(table, path)
    bars = {str(row["row"]): float(row["test Dice"]) for row in table if "test Dice" in row}
    if bars:
        plot_bars(bars, path.with_name(f"{path.name}.png"), "Dice on test images")
    images: list[Row] = [
        {"row": row, "seed": seed, "image": image, "Dice": dice}
        for (row, seed), found in per_image.items()
        for image, dice in found.items()
    ]
    if images:
        write_tables(images, path.with_name(f"{path.name}_images"))


def table_rows(
    experiment: Experiment, rows: list[str], per_image: Mapping[tuple[str, int], Mapping[str, float]]
) -> list[Row]:
    """One row for each source of labels: its own Dice, and that of the networks trained on it.

    Rows are compared over the seeds that they have in common.
    """
    test = experiment.data / "test/labels"
    table: list[Row] = []
    for row in rows:
        entry: dict[str, str | int | float] = {"row": row}
        if row not in (GAP, ALL) and experiment.dataset(row).labels.is_dir():
            label_dice = dice_of_folder(experiment.dataset(row).labels, experiment.data / "oracle")
            entry["consensus Dice"] = float(np.mean(list(label_dice.values())))
            entry["consensus volume, × true"] = volume_of_folder(
                experiment.dataset(row).labels, experiment.data / "oracle"
            )
        seeds = [seed for name, seed in per_image if name == row]
        if seeds:
            mean, width = interval([float(_mean(per_image, row, [seed]).mean()) for seed in seeds])
            entry |= {"seeds": len(seeds), "test Dice": mean, "± 95 % over seeds": width}
            entry["test volume, × true"] = float(
                np.mean([volume_of_folder(experiment.predictions(row, seed), test) for seed in seeds])
            )
            for other in (ORACLE, "STAPLE", "SIMPLE"):
                common = [seed for seed in seeds if (other, seed) in per_image]
                if not common:
                    continue
                mine, theirs = _mean(per_image, row, common), _mean(per_image, other, common)
                if other == ORACLE:
                    entry["% of ORACLE"] = float(100 * mine.mean() / theirs.mean())
                else:
                    entry[f"p, {other}"] = f"{paired_p(mine, theirs):.1e}"
        table.append(entry)
    return table


def _mean(per_image: Mapping[tuple[str, int], Mapping[str, float]], row: str, seeds: list[int]) -> np.ndarray:
    """Dice of each test image, mean over seeds, shape (I,)."""
    found = [per_image[row, seed] for seed in seeds]
    return np.mean([[dice[image] for image in sorted(dice)] for dice in found], axis=0)


def _test_images(data: Path) -> dict[str, Path]:
    found = label_maps_in(require_folder(data / "test/labels", "a data set with labels of its test images"))
    if not found:
        raise InputError(f"{data / 'test/labels'} holds no label maps")
    return found


def _values(oracle: Path) -> set[int]:
    return {int(value) for path in label_maps_in(oracle).values() for value in np.unique(read_label_map(path)[0])}


if __name__ == "__main__":
    main()
