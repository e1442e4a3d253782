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
read while the others train. Networks that ``<PATH>_images.csv`` remembers are not trained again.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.label_names import label_names_of_values
from nnunet_deepstaple.datasets.nnunet_folders import dataset_number
from nnunet_deepstaple.datasets.raw_dataset import find_images, new_dataset, write_dataset_json
from nnunet_deepstaple.files.label_maps import copy_label_map, read_label_map

from .figures import plot_bars
from .judged_networks import ORACLE, JudgedNetwork, Networks, networks_table, read_networks, remember
from .label_maps_dice import dice_of_folder, label_maps_in, volumes_of_folder
from .label_sources import FUSED_ROWS, Sources
from .tables import write_tables
from .training import STOCK_TRAINER, Budget, Dataset, Network, add_network_options, network_of
from .workspace import Workspace, require_folder

EXAMPLES = """\
  python -m scripts.experiments.second_network -data hippocampus -w work -i work/results/…/fold_0 -o out/second_network
  python -m scripts.experiments.second_network … -rows ORACLE agreement STAPLE -seeds 0 1 2
"""

GAP, ALL = "GAP", "ALL"
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

    def judge(self, row: str, seed: int) -> JudgedNetwork:
        """Make a row's dataset, train its network and predict the test images, where that is not yet done."""
        dataset = self.dataset(row)
        if row != ALL:
            self._make(dataset, row)
            dataset.plan(self.network)
        dataset.train(STOCK_TRAINER, self.network, self.budget(seed), self.fold)
        output = self.predictions(row, seed)
        dataset.predict(STOCK_TRAINER, self.network, self.budget(seed), self.fold, self.data / "test/images", output)
        return JudgedNetwork.of(output, self.data / "test/labels")

    def judge_labels(self, row: str) -> tuple[float, float]:
        """Mean Dice of a row's labels with the expert's, and their mean volume, where the true one is 1."""
        labels, oracle = self.sources.folder(row), self.data / "oracle"
        dice, volumes = dice_of_folder(labels, oracle), volumes_of_folder(labels, oracle)
        return float(np.mean(list(dice.values()))), float(np.nanmean(list(volumes.values())))

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
    networks = read_networks(given.o)
    for seed in [] if given.table else given.seeds:
        for row in given.rows:
            if (row, seed) in networks:
                print(f"skipped     {row}, seed {seed}: remembered in {given.o}_images.csv", flush=True)
                continue
            networks = remember({(row, seed): experiment.judge(row, seed)}, given.o)
            write(experiment, networks, given.o)
    write(experiment, networks, given.o)


def write(experiment: Experiment, networks: Networks, path: Path) -> None:
    """Write the table of all networks and a figure of it."""
    rows = {row for row, _ in networks} & set(FUSED_ROWS)
    table = networks_table(networks, {row: experiment.judge_labels(row) for row in rows})
    write_tables(table, path)
    if table:
        bars = {str(line["row"]): float(line["test Dice"]) for line in table}
        plot_bars(bars, path.with_name(f"{path.name}.png"), "Dice on test images")


def _values(oracle: Path) -> set[int]:
    return {int(value) for path in label_maps_in(oracle).values() for value in np.unique(read_label_map(path)[0])}


if __name__ == "__main__":
    main()
