"""The main job on generated data: what ``ds_run`` does, then two other rules and a prediction to compare with."""

from pathlib import Path

from ..datasets.small_plans import SMALL
from ..workflow.environment import ON_A_CPU, nnunet_folders
from ..workflow.main_job import EVERY_LINE, PYTHON, Folders, Network, Request, networks_of, steps_of
from ..workflow.step import Step
from . import data

FIRST_TRAINER = "nnUNetTrainerDeepSTAPLE_Adam1en3_5epochs"
OTHER_RULES = ("majority", "staple")
PREDICTIONS = "test_predictions"

_SMALL = ("-features", "8", "16", "32", "-patch", "24", "32", "32", "-batch", "2")


def fused(rule: str) -> str:
    """Folder of the consensus by ``rule``, relative to the demo's folder."""
    return f"fused_{rule}" if rule in OTHER_RULES else "fused"


def settings(folder: Path, device: str) -> dict[str, str]:
    """Environment variables that a user would export before the first command."""
    variables = nnunet_folders(folder)
    variables["nnUNet_compile"] = "f"  # compiling takes longer than these networks train
    variables["nnUNet_def_n_proc"] = "2"  # starting eight processes takes longer than their work on small images
    return variables | ({"nnUNet_n_proc_DA": "1", **ON_A_CPU} if device == "cpu" else {})


def generation(folder: Path) -> Step:
    """The command that generates the data."""
    names = (data.IMAGES, data.CANDIDATES, data.TRUTH, data.TEST_IMAGES, data.TEST_TRUTH)
    return Step(
        "data",
        "Generate images, eight candidate labels for each, and held-out images",
        [*f"{PYTHON} -m nnunet_deepstaple.demo.data".split(), str(folder)],
        makes=[folder / name for name in names],
        done=[folder / data.CANDIDATES / "dataset.json"],
        shown=EVERY_LINE,
    )


def steps(folder: Path, device: str) -> list[Step]:
    """All commands after the generation of the data, in order.

    Args:
        folder: of the demo.
        device: ``cpu`` or ``cuda``, for nnU-Net's ``-device``.
    """
    request, folders = _request(folder, device), Folders(*map(Path, nnunet_folders(folder).values()))
    first, second = networks_of(request, folders)
    comparison = [_fuse(folder, first, rule) for rule in OTHER_RULES]
    return [*steps_of(request, folders), *comparison, _predict(folder, second)]


def first_network(folder: Path) -> Network:
    """The network that learned from all candidates."""
    return networks_of(_request(folder, "cpu"), Folders(*map(Path, nnunet_folders(folder).values())))[0]


def _request(folder: Path, device: str) -> Request:
    return Request(
        images=folder / data.IMAGES,
        candidates=[folder / data.CANDIDATES],
        number=701,
        name="Demo",
        work=folder,
        plans=SMALL,
        trainer=FIRST_TRAINER,
        device=device,
        small=_SMALL,
    )


def _fuse(folder: Path, network: Network, rule: str) -> Step:
    target = folder / fused(rule)
    return Step(
        f"fuse_{rule}",
        f"Fuse the candidates by the rule {rule}, to compare",
        ["ds_fuse", "-i", str(network.labels), "-o", str(target), "-rule", rule],
        inputs=[network.labels],
        makes=[target],
        done=[target / "fusion.json"],
        shown=EVERY_LINE,
    )


def _predict(folder: Path, network: Network) -> Step:
    request = network.request
    images, target = folder / data.TEST_IMAGES, folder / PREDICTIONS
    options = f"-c {request.configuration} -f 0 -tr {network.trainer} -p {request.plans} -npp 1 -nps 1"
    return Step(
        "predict",
        "Predict the held-out images with the second network",
        [*("nnUNetv2_predict", "-i", str(images), "-o", str(target), "-d", str(network.number)), *options.split()],
        place=["-device", request.device],
        inputs=[images, network.fold / "checkpoint_final.pth"],
        makes=[target],
        done=[target / "predict_from_raw_data_args.json"],
    )
