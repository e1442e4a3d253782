"""The paper's four experiments with its networks, schedules and augmentation, on any data in this layout.

  atlases/images, atlases/labels   the source domain with its expert labels
  images, candidates, oracle       the target domain: candidates <image>__<atlas>, and the expert's labels to judge with
  test/images, test/labels         further targets, for Experiment IV

I    slices of the source volumes, 30 % of their labels disturbed: does θ find them? (2D network)
II   each image's best candidate or the blurred mean of all, half of each: does θ part them? (3D network)
III  all candidates, out of line and in line: how does θ go with the true Dice? (3D network)
IV   the consensus by θ and by STAPLE of III's candidates, and nnU-Net trained on each: second_network's rows
"""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from scipy import ndimage

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.case_ids import split_case
from nnunet_deepstaple.files.label_maps import read_label_map, write_label_map
from nnunet_deepstaple.scoring.scores import read_scores

from ..evidence.rows import Row, add_output_option, add_rows, add_set_name
from .common.judging import dice_of_arrays, dice_of_files, dice_of_folder, label_map_of
from .common.statistics import average_precision, pearson, spearman, spearman_within
from .common.training import Budget, Dataset, Network
from .common.workspace import Workspace, require_folder
from .label_sources import Sources
from .scoring_run import prepare
from .slices.dataset import Labelled, make_dataset
from .slices.disturbances import choose, disturb_as_the_paper
from .slices.slices import slices_of

EXAMPLES = """\
  python -m scripts.experiments.paper -data prepared -w work -device cuda
  python -m scripts.experiments.paper -data hippocampus -w work -budget cpu -patch 24 32 32
  python -m scripts.experiments.paper … -experiments III IV"""

OUT_OF_LINE = "nnUNetTrainerDeepSTAPLE_LRASPP_experiment"
IN_LINE = "nnUNetTrainerDeepSTAPLE_LRASPP_inLine_experiment"
ROWS = ("GAP", "RND", "ALL", "STAPLE", "DP", "ORACLE")
"""Rows of the paper's table, as second_network calls them."""

SHARE = 0.3
BLUR = 4.0
"""Standard deviation in voxels that blurs the mean of the candidates in Experiment II."""


@dataclass(frozen=True)
class Effort:
    """How much is trained.

    Attributes:
        batch: samples of a batch in 2D and in 3D.
        epochs: of every training.
        iterations: of an epoch, in 2D and in 3D.
        slices: one of so many slices is used.
        second: epochs and iterations of Experiment IV's networks.
        features: of each of their stages.
    """

    batch: tuple[int, int]
    epochs: int
    iterations: tuple[int, int]
    slices: int
    second: tuple[int, int]
    features: tuple[int, ...]


EFFORTS = {
    "paper": Effort(
        (32, 8), epochs=40, iterations=(625, 50), slices=1, second=(1000, 250), features=(32, 64, 128, 256, 320)
    ),
    "cpu": Effort((8, 4), epochs=15, iterations=(150, 20), slices=4, second=(8, 25), features=(8, 16, 32)),
}


@dataclass(frozen=True)
class Paper:
    """What the experiments work with."""

    data: Path
    workspace: Workspace
    effort: Effort
    patch: tuple[int, ...] | None
    strengths: tuple[float, ...]
    device: str
    seed: int
    first_number: int

    def network(self, axes: int) -> Network:
        """How the network of so many axes is planned; the features are those of Experiment IV's nnU-Nets."""
        configuration, patch = {2: ("2d", None), 3: ("3d_fullres", self.patch)}[axes]
        return Network(configuration, self.effort.features, patch, self.effort.batch[axes - 2], self.device)

    def budget(self, axes: int) -> Budget:
        return Budget(self.effort.epochs, self.effort.iterations[axes - 2], self.seed)

    def dataset(self, place: int, name: str) -> Dataset:
        return Dataset(self.workspace, self.first_number + place, name)

    def theta(self, dataset: Dataset, trainer: str, axes: int, fold: str) -> dict[str, float]:
        """Train on a dataset, and give the data parameter of each case that was seen."""
        network, budget = self.network(axes), self.budget(axes)
        dataset.train(trainer, network, budget, fold)
        scores = read_scores(dataset.fold_folder(trainer, network, budget, fold) / "scores.csv")
        visits, theta = scores.column("visits"), scores.column("data_parameter")
        return {case: theta[case] for case in theta if visits[case]}


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("paper", __doc__ or "", EXAMPLES)
    arguments.add_argument("-data", required=True, type=Path, help="folder of the data set, as above")
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder to work in")
    add_set_name(arguments)
    add_output_option(arguments)
    arguments.add_argument("-experiments", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS), help="(all)")
    arguments.add_argument(
        "-budget", choices=EFFORTS, default="paper", help="the paper's, or what a CPU can do (paper)"
    )
    arguments.add_argument("-patch", type=int, nargs=3, metavar="N", help="patch in 3D, z y x (as planned)")
    arguments.add_argument("-strengths", type=float, nargs="+", default=[2], help="of Experiment I's disturbance (2)")
    arguments.add_argument("-seed", type=int, default=0, help="of labels and networks (0)")
    arguments.add_argument("-d", type=int, default=760, help="id of the first dataset (760)")
    arguments.add_argument("-device", default="cpu", help="cpu or cuda (cpu)")
    given = arguments.parse_args()
    paper = _paper(given)
    for name in given.experiments:
        rows = EXPERIMENTS[name](paper)
        if rows:
            add_rows(
                f"paper_{name}",
                ({"set": given.set, **row} for row in rows),
                ["strength", "θ", "consensus"],
                folder=given.o,
            )


def _paper(given: argparse.Namespace) -> Paper:
    data = require_folder(given.data, "the data set, with atlases/, images/, candidates/ and oracle/")
    for part in ("atlases", "images", "candidates", "oracle"):
        require_folder(data / part, "a data set that has it")
    patch = tuple(given.patch) if given.patch else None
    return Paper(
        data,
        Workspace(given.w.absolute()),
        EFFORTS[given.budget],
        patch,
        tuple(given.strengths),
        given.device,
        given.seed,
        given.d,
    )


def disturbed(paper: Paper) -> list[Row]:
    """Experiment I."""
    slices = list(slices_of(paper.data / "atlases/images", paper.data / "atlases/labels", paper.effort.slices))
    rows: list[Row] = []
    for place, strength in enumerate(paper.strengths):
        random = np.random.default_rng(paper.seed)
        chosen = choose(len(slices), SHARE, random)
        labels = [
            disturb_as_the_paper(one.truth, strength, random) if is_disturbed else one.truth
            for one, is_disturbed in zip(slices, chosen, strict=True)
        ]
        labelled = Labelled(slices, labels)
        name = f"PaperI{strength:g}".replace(".", "p")
        dataset = make_dataset(paper.workspace, paper.first_number + 3 + place, name, labelled, paper.network(2))
        theta = paper.theta(dataset, OUT_OF_LINE, 2, "all")
        found = [
            (theta[case], wrong, dice)
            for case, wrong, dice in zip(labelled.cases, chosen, labelled.true_dice(), strict=True)
            if case in theta
        ]
        rows.append({"strength": strength, "slices": len(slices), **_parted(found)})
    return rows


def mixed(paper: Paper) -> list[Row]:
    """Experiment II."""
    folder = paper.workspace.folder / "mixed"
    poor = write_mixed(paper.data, folder / "candidates", paper.seed)
    dataset = paper.dataset(0, "PaperII")
    prepare(dataset, paper.data / "images", folder / "candidates")
    dataset.plan(paper.network(3))
    theta = paper.theta(dataset, OUT_OF_LINE, 3, "0")
    found = []
    for case, value in theta.items():
        image, _ = split_case(case)
        dice = dice_of_files(label_map_of(case, folder / "candidates"), label_map_of(image, paper.data / "oracle"))
        found.append((value, image in poor, dice))
    return [{"images": len(theta), **_parted(found)}]


def write_mixed(data: Path, output: Path, seed: int) -> set[str]:
    """Give each image its best candidate, or the blurred mean of all; say which images have the mean."""
    candidates, _ = find_candidates([data / "candidates"])
    output.mkdir(parents=True, exist_ok=True)
    is_poor = choose(len(candidates), 0.5, np.random.default_rng(seed))
    for (image, given), blurred in zip(candidates.items(), is_poor, strict=True):
        truth, geometry = read_label_map(label_map_of(image, data / "oracle"))
        labels = [read_label_map(one.path)[0] for one in given]
        best = max(labels, key=lambda one: dice_of_arrays(one, truth))
        write_label_map(blurred_mean(labels) if blurred else best, geometry, output / f"{image}__label.nii.gz")
    return {image for image, blurred in zip(candidates, is_poor, strict=True) if blurred}


def blurred_mean(labels: list[np.ndarray]) -> np.ndarray:
    """The label with the largest share of votes once the shares are blurred, shape as each of ``labels``."""
    values = np.unique(labels)
    shares = [ndimage.gaussian_filter(np.mean([one == value for one in labels], axis=0), BLUR) for value in values]
    return values[np.argmax(shares, axis=0)].astype(np.uint16)


def in_and_out_of_line(paper: Paper) -> list[Row]:
    """Experiment III."""
    dataset = _all_candidates(paper)
    rows: list[Row] = []
    dice: dict[str, float] = {}
    for way, trainer in (("out of line", OUT_OF_LINE), ("in line", IN_LINE)):
        theta = paper.theta(dataset, trainer, 3, "0")
        dice = dice or _true_dice(paper.data)
        by_image: dict[str, list[str]] = {}
        for case in theta:
            by_image.setdefault(split_case(case)[0], []).append(case)
        scores = [np.array([theta[case] for case in cases]) for cases in by_image.values()]
        truth = [np.array([dice[case] for case in cases]) for cases in by_image.values()]
        rows.append(
            {
                "θ": way,
                "cases": len(theta),
                "Pearson": pearson(np.concatenate(scores), np.concatenate(truth)),
                "Spearman": spearman(np.concatenate(scores), np.concatenate(truth)),
                "Spearman within image": spearman_within(scores, truth),
            }
        )
    return rows


def consensus(paper: Paper) -> list[Row]:
    """Experiment IV: its table of consensus labels; second_network writes that of the networks."""
    dataset, network, budget = _all_candidates(paper), paper.network(3), paper.budget(3)
    dataset.train(OUT_OF_LINE, network, budget, "0")
    fold = dataset.fold_folder(OUT_OF_LINE, network, budget, "0")
    sources = Sources(paper.workspace, paper.data / "candidates", paper.data / "oracle", fold, paper.seed)
    dice = {row: dice_of_folder(sources.folder(row), paper.data / "oracle") for row in ("DP", "STAPLE")}
    if (paper.data / "test").is_dir():
        epochs, iterations = paper.effort.second
        size = [
            "-features",
            *paper.effort.features,
            "-batch",
            network.batch,
            *(["-patch", *paper.patch] if paper.patch else []),
        ]
        paper.workspace.python(
            "paper_second_networks",
            "scripts.experiments.second_network",
            *["-data", paper.data, "-w", paper.workspace.folder, "-i", fold],
            *["-experiment", "paper_IV", "-o", paper.workspace.folder / "rows"],
            *["-rows", *ROWS, "-epochs", epochs, "-iterations", iterations, "-device", paper.device, *size],
        )
        print(f"written     {paper.workspace.folder / 'rows/paper_IV.csv'}: the networks trained on each consensus")
    return [{"consensus": row, "Dice": float(np.mean(list(found.values())))} for row, found in dice.items()]


EXPERIMENTS = {"I": disturbed, "II": mixed, "III": in_and_out_of_line, "IV": consensus}


def _all_candidates(paper: Paper) -> Dataset:
    dataset = paper.dataset(1, "PaperIII")
    prepare(dataset, paper.data / "images", paper.data / "candidates")
    dataset.plan(paper.network(3))
    return dataset


def _true_dice(data: Path) -> dict[str, float]:
    candidates, _ = find_candidates([data / "candidates"])
    return {
        one.case: dice_of_files(one.path, label_map_of(image, data / "oracle"))
        for image, given in candidates.items()
        for one in given
    }


def _parted(found: list[tuple[float, bool, float]]) -> dict[str, float]:
    """How well θ parts poor labels from good ones, of (θ, is poor, true Dice)."""
    theta, poor, dice = (np.array(column) for column in zip(*found, strict=True))
    return {
        "poor": float(poor.mean()),
        "average precision": average_precision(-theta, poor.astype(bool)),
        "Pearson": pearson(theta, dice),
        "Spearman": spearman(theta, dice),
    }


if __name__ == "__main__":
    main()
