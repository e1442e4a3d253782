"""Planning, training and predicting with nnU-Net's commands, at a stated budget."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnunet_deepstaple.datasets.small_plans import SMALL

from .workspace import Workspace

SCORING_TRAINER = "nnUNetTrainerDeepSTAPLE_experiment"
IN_LINE_TRAINER = "nnUNetTrainerDeepSTAPLE_inLine_experiment"
STOCK_TRAINER = "nnUNetTrainer_experiment"
DRAWN_TRAINER = "nnUNetTrainer_drawn_experiment"
SAMPLED_TRAINER = "nnUNetTrainerDeepSTAPLE_sampled_experiment"
FIRST_PASS = "first_pass"


@dataclass(frozen=True)
class Budget:
    """How long a network trains: epochs of so many iterations, a fifth as many in validation, from a seed.

    ``scores`` is the table that :data:`DRAWN_TRAINER` draws by.
    """

    epochs: int
    iterations: int
    seed: int
    scores: Path | None = None

    @property
    def name(self) -> str:
        return f"{self.epochs}x{self.iterations}_seed{self.seed}"

    @property
    def variables(self) -> dict[str, str]:
        """Settings of the experiments' trainers."""
        return {
            "nnUNet_n_proc_DA": "0",  # augmentation in the training's own process, drawn from its seeds
            "EXPERIMENT_EPOCHS": str(self.epochs),
            "EXPERIMENT_ITERATIONS": str(self.iterations),
            "EXPERIMENT_VAL_ITERATIONS": str(max(self.iterations // 5, 1)),
            "EXPERIMENT_SEED": str(self.seed),
            "EXPERIMENT_SCORES": str(self.scores or ""),
        }


@dataclass(frozen=True)
class Network:
    """Size of the networks, as ``shrink_plans`` takes it."""

    configuration: str
    features: Sequence[int]
    patch: Sequence[int] | None
    batch: int
    device: str


@dataclass(frozen=True)
class Dataset:
    """An nnU-Net dataset of a workspace."""

    workspace: Workspace
    number: int
    name: str

    @property
    def full_name(self) -> str:
        return f"Dataset{self.number:03d}_{self.name}"

    @property
    def labels(self) -> Path:
        return self.workspace.raw / self.full_name / "labelsTr"

    def plan(self, network: Network) -> None:
        """Plan, preprocess, and shrink the plans."""
        c = network.configuration
        self.workspace.run(
            f"{self.name}_plan_{c}", *f"nnUNetv2_plan_and_preprocess -d {self.number} -c {c} -npfp 1 -np 1".split()
        )
        options = ["-c", c, "-features", *network.features, "-batch", network.batch]
        if network.patch:
            options += ["-patch", *network.patch]
        self.workspace.python(
            f"{self.name}_shrink_{c}", "nnunet_deepstaple.commands.shrink_plans", self.number, *options
        )

    def fold_folder(self, trainer: str, network: Network, budget: Budget, fold: str) -> Path:
        model = f"{trainer}__{SMALL}__{network.configuration}"
        return self.workspace.folder / "results" / budget.name / self.full_name / model / f"fold_{fold}"

    def train(self, trainer: str, network: Network, budget: Budget, fold: str, pretrained: Path | None = None) -> float:
        """Train a network and give the seconds it took.

        It starts from its last checkpoint where there is one, or else from the weights of a ``pretrained`` network.
        """
        begun = any(self.fold_folder(trainer, network, budget, fold).glob("checkpoint_*.pth"))
        start = ["-pretrained_weights", pretrained] if pretrained and not begun else ["--c"]
        return self.workspace.run(
            self._log(trainer, network, budget, fold, "train"),
            *f"nnUNetv2_train {self.number} {network.configuration} {fold} -tr {trainer} -p {SMALL}".split(),
            *["-device", network.device, *start],
            environment=self.workspace.environment(budget.name) | budget.variables,
        )

    def predict(
        self, trainer: str, network: Network, budget: Budget, fold: str, images: Path, output: Path, *more: str
    ) -> None:
        """Predict the images of a folder with a network's final checkpoint; ``more`` options of nnUNetv2_predict."""
        self.workspace.run(
            self._log(trainer, network, budget, fold, f"predict_{images.parent.name}_{images.name}"),
            *["nnUNetv2_predict", "-i", images, "-o", output, "-d", self.number, "-c", network.configuration],
            *["-f", fold, "-tr", trainer, "-p", SMALL, "-device", network.device, "-npp", 1, "-nps", 1, *more],
            environment=self.workspace.environment(budget.name) | budget.variables,
        )

    def _log(self, trainer: str, network: Network, budget: Budget, fold: str, what: str) -> str:
        kind = trainer.removeprefix("nnUNetTrainer").strip("_")
        return f"{self.name}_{network.configuration}_{kind}_{budget.name}_fold{fold}_{what}"


def add_training_options(arguments: argparse.ArgumentParser, configuration: str, epochs: int, data: str) -> None:
    """Add what every experiment that trains can be told.

    Args:
        arguments: of the experiment.
        configuration: decides on the default batch size.
        epochs: the default.
        data: what ``-data`` must hold.
    """
    arguments.add_argument("-data", required=True, type=Path, help=f"folder of the data set, with {data}")
    arguments.add_argument("-w", required=True, type=Path, metavar="FOLDER", help="folder to work in")
    arguments.add_argument("-seeds", type=int, nargs="+", default=[0], help="seeds; each trains all networks (0)")
    arguments.add_argument("-epochs", type=int, default=epochs, help=f"epochs ({epochs})")
    arguments.add_argument("-iterations", type=int, default=50, help="iterations of an epoch (50)")
    arguments.add_argument(
        "-features", type=int, nargs="+", default=[8, 16, 32, 64], help="features of each stage (8 16 32 64)"
    )
    arguments.add_argument("-patch", type=int, nargs="+", help="patch size in voxels (as planned)")
    arguments.add_argument("-batch", type=int, default=4 if configuration != "2d" else 16, help="batch size")
    arguments.add_argument("-device", default="cpu", help="cpu or cuda (cpu)")


def network_of(given: argparse.Namespace, configuration: str) -> Network:
    """Size of the networks as the command line gives it."""
    return Network(configuration, given.features, given.patch, given.batch, given.device)
