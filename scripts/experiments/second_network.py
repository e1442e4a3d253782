"""Experiment IV: train a stock network on each consensus, and judge it on images that had no part in it.

One row for each source of labels:

  GAP        the source domain only: atlases and their own labels
  RND        one random candidate of each image
  ALL        every candidate, unweighted
  drawn      every candidate, drawn by the sixth power of its agreement within its image
  sampled    nnUNetTrainerDeepSTAPLE_sampled: one training instead of two, which draws by the trust earned so far
  PRED       the scoring network's own prediction of the training images
  majority, STAPLE, SIMPLE, STAPLE_disputed   label-only rules
  DP         the paper: softmax of the data parameters; DP_standardised: standardised first
  agreement  weighted by the agreement; agreement_prediction: ds_fuse's default, the prediction votes too;
             agreement_prediction_0.25: with less weight; agreement_pretrained: the labels of agreement, and a network
             that starts from the weights of the scoring network; agreement_not_smoothed: with -smooth 0
  ignored    agreement_prediction, and voxels whose winning label has less than 0.6 of the votes are not trained on
  regions    the shares of agreement_prediction in levels, as nested regions
  second_round  the consensus that second_round made of agreement_prediction's network
  atlases_too   the same, and the atlases with their own labels; atlases_inverted: with their contrast inverted;
             atlases_again: and the consensus that second_round made of atlases_inverted's network;
             atlases_third: and that which it made of atlases_again's
  spectral   the default where nothing but labels is at hand
  joint      the default where the atlases' warped images are at hand too (-atlas_images), made by no network
  ORACLE     the expert's labels

Each has the same trainer, plans, budget and seeds. The table is written anew after each network, so that it can be
read while the others train. Networks that the evidence remembers are not trained again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.label_names import IGNORE, LabelNames, label_names_of_values
from nnunet_deepstaple.datasets.listing import label_maps_in
from nnunet_deepstaple.datasets.nnunet_folders import dataset_number
from nnunet_deepstaple.datasets.raw_dataset import find_images, new_dataset, write_dataset_json
from nnunet_deepstaple.files.label_maps import copy_label_map, read_label_map

from ..evidence.rows import Row, add_output_option, add_rows, add_set_name, read_evidence
from .common.judging import dice_of_folder, volumes_of_folder
from .common.training import (
    DRAWN_TRAINER,
    FIRST_PASS,
    SAMPLED_TRAINER,
    STOCK_TRAINER,
    Budget,
    Dataset,
    Network,
    add_training_options,
    network_of,
)
from .common.workspace import Workspace, require_folder
from .inverted import invert_images
from .judged_networks import ORACLE, JudgedNetwork, Networks, network_rows, networks_table, read_networks
from .label_sources import FUSED_ROWS, Sources
from .nested_regions import decode_folder, nested_names, write_levels

EXAMPLES = """\
  python -m scripts.experiments.second_network -data hippocampus -w work -i work/results/…/fold_0
  python -m scripts.experiments.second_network … -rows ORACLE agreement STAPLE -seeds 0 1 2
"""

GAP, ALL, PRETRAINED, IGNORED, REGIONS = "GAP", "ALL", "agreement_pretrained", "ignored", "regions"
ON_CANDIDATES = {ALL: STOCK_TRAINER, "drawn": DRAWN_TRAINER, "sampled": SAMPLED_TRAINER}
"""Rows that train on the scoring run's own dataset, and their trainers."""

INVERTED = ("atlases_inverted", "atlases_again", "atlases_third")
WITH_ATLASES = ("atlases_too", *INVERTED)
"""Rows that train on the atlases and their own labels too, and those of them that invert their contrast."""

ROWS = (GAP, ALL, *FUSED_ROWS, *list(ON_CANDIDATES)[1:])
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
        """Dataset of a row."""
        workspace = self.sources.workspace
        if row in ON_CANDIDATES:
            full_name = self.sources.scored.parent.parent.name
            return Dataset(workspace, dataset_number(full_name), full_name.partition("_")[2])
        return Dataset(workspace, self.first_number + ROWS.index(row), row)

    def budget(self, seed: int) -> Budget:
        return Budget(self.epochs, self.iterations, seed)

    def predictions(self, row: str, seed: int) -> Path:
        """Where the network of a row leaves its predictions of the test images."""
        trainer = ON_CANDIDATES.get(row, STOCK_TRAINER)
        fold = self.dataset(row).fold_folder(trainer, self.network, self.budget(seed), self.fold)
        return fold / "test_predictions"

    def judge(self, row: str, seed: int) -> JudgedNetwork:
        """Make a row's dataset, train its network and predict the test images, where that is not yet done."""
        dataset, trainer = self.dataset(row), ON_CANDIDATES.get(row, STOCK_TRAINER)
        if row not in ON_CANDIDATES:
            self._make(dataset, row)
            dataset.plan(self.network)
        budget = replace(self.budget(seed), scores=self.sources.scores(FIRST_PASS) if row == "drawn" else None)
        scoring = self.sources.scored / "checkpoint_final.pth"
        dataset.train(trainer, self.network, budget, self.fold, scoring if row == PRETRAINED else None)
        output = self.predictions(row, seed)
        dataset.predict(trainer, self.network, budget, self.fold, self.data / "test/images", output)
        if row == REGIONS:
            output = decode_folder(output, output.with_name(f"{output.name}_decoded"))
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
        values = _values(self.data / "oracle")
        names = label_names_of_values(values)
        if row == IGNORED:
            names = LabelNames({**names.labels, IGNORE: max(values) + 1})
        if row == REGIONS:
            names = nested_names(max(values))
        listed: dict[str, list[Path]] = {}
        with new_dataset(folder) as temporary:
            for where, labels in self._images_and_labels(row):
                images = find_images(where)
                listed |= images.channels
                for path, image in label_maps_in(labels):
                    if image in images.channels:
                        copy_label_map(path, temporary / "labelsTr" / f"{image}{images.ending}")
            channels = [f"channel_{number}" for number in range(len(next(iter(listed.values()))))]
            write_dataset_json(temporary, listed, names, channels, images.ending)

    def _images_and_labels(self, row: str) -> list[tuple[Path, Path]]:
        """Folders of the images that a row's network trains on, and of their label maps."""
        images, labels = (self.data / "atlases" / name for name in ("images", "labels"))
        if row == GAP:
            return [(images, labels)]
        consensus = self.sources.folder(row)
        if row == REGIONS:
            consensus = write_levels(consensus, consensus.with_name(f"{row}_levels"))
        found = [(self.data / "images", consensus)]
        if row in INVERTED:
            images = invert_images(images, self.sources.workspace.folder / "inverted_atlases")
        if row in WITH_ATLASES:
            found.append((images, labels))
        return found


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("second_network", __doc__ or "", EXAMPLES)
    parts = "images/, candidates/, oracle/, atlases/ and test/"
    add_training_options(arguments, "3d_fullres", epochs=16, data=parts)
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-i", required=True, type=Path, metavar="FOLD_FOLDER", help="fold that scoring_run left")
    arguments.add_argument("-atlas_images", type=Path, metavar="WARPED", help="the atlases' images, for the row joint")
    arguments.add_argument("-experiment", default="second_network", help="its name in the rows (second_network)")
    add_set_name(arguments)
    add_output_option(arguments)
    arguments.add_argument("-rows", nargs="+", default=ORDER, choices=ROWS, metavar="ROW", help="rows, in this order")
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument("-fold", default="all", help="fold of the second networks (all)")
    arguments.add_argument("-d", type=int, default=710, help="id of the first row's dataset (710)")
    arguments.add_argument("--table", action="store_true", help="train nothing, write the rows of what is there")
    given = arguments.parse_args()
    data = require_folder(given.data, f"the data set, with {parts}")
    scored = require_folder(given.i, "the fold folder that scoring_run left")
    workspace = Workspace(given.w.absolute())
    by_images = (data / "images", given.atlas_images.absolute()) if given.atlas_images else None
    sources = Sources(workspace, data / given.candidates, data / "oracle", scored, 0, by_images)
    network = network_of(given, given.c)
    experiment = Experiment(data, sources, network, given.epochs, given.iterations, given.fold, given.d)
    networks = read_networks(read_evidence(given.o), given.experiment)

    def add(rows: Sequence[Row]) -> None:
        add_rows(given.experiment, ({"set": given.set, **row} for row in rows), ["row"], folder=given.o)

    for seed in [] if given.table else given.seeds:
        for row in given.rows:
            if (row, seed) in networks:
                print(f"skipped     {row}, seed {seed}: remembered in the evidence", flush=True)
                continue
            networks[row, seed] = experiment.judge(row, seed)
            add(network_rows({(row, seed): networks[row, seed]}))
            add(table_of(experiment, networks))
    add(table_of(experiment, networks))


def table_of(experiment: Experiment, networks: Networks) -> list[Row]:
    """The table of all networks."""
    rows = {row for row, _ in networks} & set(FUSED_ROWS) - {IGNORED}  # whose labels are not of every voxel
    return networks_table(networks, {row: experiment.judge_labels(row) for row in rows})


def _values(oracle: Path) -> set[int]:
    return {int(value) for path, _ in label_maps_in(oracle) for value in np.unique(read_label_map(path)[0])}


if __name__ == "__main__":
    main()
