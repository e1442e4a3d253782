"""Train the scoring network on all candidates of a data set.

Leaves in ``-w``, for each fold: ``visits.gz`` and ``scores.csv`` of the second forward pass, the same of the training's
own pass under ``first_pass/``, and what the final network makes of every image under ``predictions/``. Both passes come
from one training, because the network is the same either way.
"""

from pathlib import Path
from typing import NoReturn

from nnunet_deepstaple.commands.common import parser, run

from .common.training import SCORING_TRAINER, Budget, Dataset, add_training_options, network_of
from .common.workspace import Workspace, require_folder

EXAMPLES = """\
  python -m scripts.experiments.scoring_run -data hippocampus -w work
  python -m scripts.experiments.scoring_run -data hippocampus -w work -folds 1 2 3 4 -epochs 20
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("scoring_run", __doc__ or "", EXAMPLES)
    add_training_options(arguments, "3d_fullres", epochs=30, data="images/ and candidates/")
    arguments.add_argument("-candidates", default="candidates", help="which candidates in -data (candidates)")
    arguments.add_argument("-sources", type=Path, help="what each source annotates, where they are not complete")
    arguments.add_argument("-d", type=int, default=701, help="id of the dataset (701)")
    arguments.add_argument("-n", default="Candidates", help="name of the dataset (Candidates)")
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument("-folds", nargs="+", default=["0"], help="folds to train (0)")
    given = arguments.parse_args()
    data = require_folder(given.data, "the data set, with images/ and candidates/")
    dataset = Dataset(Workspace(given.w.absolute()), given.d, given.n)
    network = network_of(given, given.c)
    prepare(dataset, data / "images", data / given.candidates, given.sources)
    dataset.plan(network)
    for seed in given.seeds:
        for fold in given.folds:
            dataset.train(SCORING_TRAINER, network, Budget(given.epochs, given.iterations, seed), fold)


def prepare(dataset: Dataset, images: Path, candidates: Path, sources: Path | None = None) -> None:
    """Make the raw dataset of all (image, candidate) pairs; ``sources`` says what they annotate, if not everything."""
    for folder in (dataset.workspace.raw, dataset.workspace.preprocessed):
        folder.mkdir(parents=True, exist_ok=True)
    dataset.workspace.run(
        f"{dataset.name}_prepare",
        *["ds_prepare", "-i", images, "-l", candidates, "-d", dataset.number, "-n", dataset.name],
        *(["-sources", sources] if sources else []),
    )


if __name__ == "__main__":
    main()
