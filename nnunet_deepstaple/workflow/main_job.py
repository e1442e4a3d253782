"""The main job: from images with candidates to a network trained on their consensus, in the commands of a user."""

import re
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..datasets.candidates import find_candidates
from ..datasets.listing import LABELS_FOLDER
from ..datasets.nnunet_folders import dataset_name
from ..datasets.raw_dataset import find_images
from ..datasets.small_plans import PLANS, SUFFIX
from ..errors import InputError
from .step import Resume, Step

PLANNERS = {
    PLANS: "ExperimentPlanner",
    "nnUNetResEncUNetMPlans": "nnUNetPlannerResEncM",
    "nnUNetResEncUNetLPlans": "nnUNetPlannerResEncL",
    "nnUNetResEncUNetXLPlans": "nnUNetPlannerResEncXL",
}
"""Planner of nnU-Net's plans, by their name."""

EPOCHS = r"Epoch \d+|Pseudo dice|Mean Validation Dice"
EVERY_LINE = "."
PYTHON = Path(sys.executable).name

_MARK = "DeepSTAPLE"


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes:
        images: folder of ``<image>_0000<ending>``.
        candidates: folders of candidate label maps.
        number: id of the new dataset; that of the consensus is the next one.
        name: of the new dataset.
        work: folder of the results.
        layout: of the candidates; None tells it from the files.
        labels: JSON file of label names.
        configuration: nnU-Net's.
        plans: nnU-Net's name of plans; with the ending ``_small`` they are made small enough for a CPU.
        trainer: of the first network.
        device: ``cuda``, ``cpu`` or ``mps``.
        small: options of ``shrink_plans``, for small plans.
    """

    images: Path
    candidates: Sequence[Path]
    number: int
    name: str
    work: Path
    layout: str | None = None
    labels: Path | None = None
    configuration: str = "3d_fullres"
    plans: str = PLANS
    trainer: str = "nnUNetTrainerDeepSTAPLE"
    device: str = "cuda"
    small: Sequence[str] = ("-batch", "2")

    @property
    def fused(self) -> Path:
        return self.work / "fused"

    @property
    def report(self) -> Path:
        return self.work / "report"


@dataclass(frozen=True)
class Folders:
    """nnU-Net's three folders."""

    raw: Path
    preprocessed: Path
    results: Path


@dataclass(frozen=True)
class Network:
    """A network that is trained on one dataset, and where it lies."""

    request: Request
    folders: Folders
    number: int
    name: str
    trainer: str

    @property
    def dataset(self) -> str:
        return dataset_name(self.number, self.name)

    @property
    def labels(self) -> Path:
        return self.folders.raw / self.dataset / LABELS_FOLDER

    @property
    def preprocessed(self) -> Path:
        return self.folders.preprocessed / self.dataset

    @property
    def model(self) -> Path:
        model = f"{self.trainer}__{self.request.plans}__{self.request.configuration}"
        return self.folders.results / self.dataset / model

    @property
    def fold(self) -> Path:
        return self.model / "fold_0"


def networks_of(request: Request, folders: Folders) -> tuple[Network, Network]:
    """The network that learns from all candidates, and the one that learns from their consensus.

    Raises:
        InputError: the dataset's id or name is none, or the trainer scores no candidates.
    """
    first = Network(request, folders, request.number, request.name, request.trainer)
    second = Network(request, folders, request.number + 1, f"{request.name}Fused", stock_trainer(request.trainer))
    _ = first.dataset, second.dataset  # refuses an id or a name that cannot be used
    return first, second


def stock_trainer(trainer: str) -> str:
    """Name of the trainer that trains the same network without scores.

    Raises:
        InputError: the name is that of no DeepSTAPLE trainer.
    """
    if _MARK not in trainer:
        raise InputError(f"-tr {trainer} scores no candidates; choose one whose name has {_MARK} in it")
    name = re.sub(r"_(twoPass|inLine|sampled)(?=_|$)", "", trainer.replace(_MARK, "", 1))
    return name.replace("nnUNetTrainer_Adam", "nnUNetTrainerAdam", 1)


def steps_of(request: Request, folders: Folders) -> list[Step]:
    """All commands, in order.

    Args:
        request: what is asked for.
        folders: nnU-Net's.

    Raises:
        InputError: images or candidates cannot be found, or an option has a wrong value.
    """
    base = request.plans.removesuffix(SUFFIX)
    if base not in PLANNERS:
        raise InputError(f"-p {request.plans} is none of {', '.join(PLANNERS)}, each with or without {SUFFIX}")
    if request.configuration.startswith("3d_cascade"):
        raise InputError("-c 3d_cascade_fullres needs a network of 3d_lowres first; take 3d_fullres, or do it by hand")
    first, second = networks_of(request, folders)
    images = [path for channels in find_images(request.images).channels.values() for path in channels]
    return [
        _prepare(request, first, images),
        *_preprocess(first, images, ""),
        _train(
            first, "train", "Train nnU-Net on all candidates at once; it learns which of them to trust", scores=True
        ),
        _fuse(request, first, second),
        _report(request, first),
        *_preprocess(second, images, "_consensus"),
        _train(second, "train_consensus", "Train a second, stock nnU-Net on the consensus", scores=False),
    ]


def _prepare(request: Request, network: Network, images: Sequence[Path]) -> Step:
    found, _ = find_candidates(request.candidates, request.layout)
    label_maps = [candidate.path for candidates in found.values() for candidate in candidates]
    beside = sorted(
        {path.parent / "dataset.json" for path in label_maps} | {f / "dataset.json" for f in request.candidates}
    )
    options = ["-layout", request.layout] if request.layout else []
    options += ["-labels", str(request.labels)] if request.labels else []
    return Step(
        "prepare",
        "Make an nnU-Net dataset with a case for each (image, candidate) pair",
        [
            *("ds_prepare", "-i", str(request.images), "-l", *map(str, request.candidates)),
            *("-d", str(network.number), "-n", network.name, *options),
        ],
        inputs=[*images, *label_maps, *filter(None, [request.labels]), *filter(Path.is_file, beside)],
        makes=[network.labels.parent],
        done=[network.labels.parent / "dataset.json"],
        shown=EVERY_LINE,
    )


def _preprocess(network: Network, images: Sequence[Path], suffix: str) -> list[Step]:
    request, raw, folder = network.request, network.labels.parent, network.preprocessed
    base = request.plans.removesuffix(SUFFIX)
    planner = [] if base == PLANS else ["-pl", PLANNERS[base]]
    planned = folder / f"{base}.json"
    data = f"{base}_{request.configuration}"
    steps = [
        Step(
            f"preprocess{suffix}",
            f"Plan and preprocess dataset {network.number}",
            f"ds_plan_and_preprocess -d {network.number} -c {request.configuration}".split() + planner,
            inputs=[raw / "dataset.json", network.labels, *images],
            makes=[folder],
            done=[planned, folder / data, folder / f"ds_preprocess_{data}.json"],
            resume=Resume("--continue", folder),
            shown=r"images |note |written ",
        )
    ]
    if base != request.plans:
        small = folder / f"{request.plans}.json"
        command = [*f"{PYTHON} -m nnunet_deepstaple.commands.shrink_plans {network.number}".split(), "-p", base]
        steps.append(
            Step(
                f"shrink{suffix}",
                "Make the plans small enough for a CPU",
                [*command, "-c", request.configuration, *request.small],
                inputs=[planned],
                makes=[small],
                done=[small],
                shown=EVERY_LINE,
            )
        )
    return steps


def _train(network: Network, name: str, title: str, *, scores: bool) -> Step:
    request = network.request
    plans = [] if request.plans == PLANS else ["-p", request.plans]
    left = ["validation/summary.json", *(["scores.csv", "predictions"] if scores else [])]
    return Step(
        name,
        title,
        f"nnUNetv2_train {network.number} {request.configuration} 0 -tr {network.trainer}".split() + plans,
        place=["-device", request.device],
        inputs=[network.preprocessed / f"{request.plans}.json"],
        makes=[network.model],
        done=[network.fold / file for file in left],
        resume=Resume("--c", network.model, "fold_0/checkpoint_*.pth", zipfile.is_zipfile),
        shown=EPOCHS,
    )


def _fuse(request: Request, network: Network, second: Network) -> Step:
    raw = second.labels.parent
    return Step(
        "fuse",
        "Fuse the candidates of each image, weighted by their scores",
        [
            *("ds_fuse", "-i", str(network.labels), "-o", str(request.fused)),
            *("-d_out", f"{second.number}_{second.name}"),
        ],
        inputs=[network.labels.parent / "dataset.json", network.labels, network.fold / "scores.csv"],
        makes=[request.fused, raw],
        done=[request.fused / "fusion.json", raw / "dataset.json"],
        resume=Resume("--continue", request.fused),
        shown=EVERY_LINE,
    )


def _report(request: Request, network: Network) -> Step:
    return Step(
        "report",
        "Make pages that show what to look at first",
        ["ds_report", "-i", str(network.labels), "-f", str(request.fused), "-o", str(request.report)],
        inputs=[request.fused, network.labels, network.fold / "scores.csv"],
        makes=[request.report],
        done=[request.report / "index.html"],
        resume=Resume("--continue", request.report.parent, f".{request.report.name}.growing"),
        shown=EVERY_LINE,
    )
