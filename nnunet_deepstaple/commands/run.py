"""ds_run: images and their candidates → a network trained on their consensus, step by step."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import NoReturn

from ..datasets.candidates import LAYOUTS
from ..datasets.nnunet_folders import VARIABLES
from ..datasets.small_plans import PLANS, SUFFIX
from ..errors import InputError
from ..files.atomic import require_writable
from ..workflow.environment import ON_A_CPU, default_device, environment_with, nnunet_folders
from ..workflow.job import look_at_job, run_job
from ..workflow.main_job import PLANNERS, Folders, Request, steps_of, stock_trainer
from ..workflow.step import Step
from .common import add_candidates, parser, progress, run

EXAMPLES = """\
  ds_run -i images -l candidates -d 701 -n Mine
      prepare, preprocess, train, fuse, report, and a second network of the consensus, dataset 702
  ds_run -i images -l candidates -d 701 -n Mine --dry_run
      each step with its state and its command, which you can also run by hand
  ds_run -i images -l candidates -d 701 -n Mine -until fuse
      no report and no second network; run again without -until, it goes on
  ds_run -i images -l candidates -d 701 -n Mine -p nnUNetPlans_small -tr nnUNetTrainerDeepSTAPLE_Adam1en3_5epochs
      small networks and few epochs, for a CPU
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    given = _parser().parse_args()
    request = _request(given)
    settings = {name: path for name, path in nnunet_folders(request.work).items() if not os.environ.get(name)}
    folders = Folders(*(Path(settings.get(name) or os.environ[name]).absolute() for name in VARIABLES))
    steps = steps_of(request, folders)
    if request.device == "cpu":
        settings |= {name: value for name, value in ON_A_CPU.items() if name not in os.environ}
    for name, value in settings.items():
        print(f"$ export {name}={shlex.quote(value)}")
    if given.dry_run:
        _show(steps, request.work, given.until)
        return
    os.environ |= settings  # before nnU-Net looks for its folders
    for number in (signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])):
        signal.signal(number, lambda number, _: sys.exit(128 + number))  # the step's processes end too
    from ..trainers.by_name import require_trainer  # noqa: PLC0415 (imports nnU-Net: seconds)

    for trainer in (request.trainer, stock_trainer(request.trainer)):
        require_trainer(trainer)
    run_job(steps, request.work, environment_with(settings), progress, given.until)
    print(f"\nwritten     {request.work}")


def _parser() -> argparse.ArgumentParser:
    arguments = parser(
        "ds_run",
        "Run the whole job: prepare, preprocess, train, fuse, report, and train a second network on the consensus. "
        "Each command is printed before it runs, so that you can do any step by hand. Run again, it skips what has "
        "finished, goes on with what was broken off, and repeats what depends on an input that changed; what such a "
        "step had made is removed first. nnU-Net's folders are made in -o, unless its environment variables are set.",
        EXAMPLES,
    )
    arguments.add_argument("-i", required=True, type=Path, metavar="IMAGES", help="folder of <image>_0000<ending>, …")
    add_candidates(arguments, "-l", "l")
    arguments.add_argument(
        "-d", required=True, metavar="ID", help="id of the new dataset; the consensus becomes the dataset ID + 1"
    )
    arguments.add_argument("-n", required=True, metavar="NAME", help="name of the new dataset")
    arguments.add_argument("-c", default="3d_fullres", metavar="CONFIGURATION", help="nnU-Net's (default: 3d_fullres)")
    arguments.add_argument(
        "-tr",
        default="nnUNetTrainerDeepSTAPLE",
        metavar="TRAINER",
        help="of the first network (default: nnUNetTrainerDeepSTAPLE); the second is trained by the same trainer "
        "without scores, nnUNetTrainer",
    )
    arguments.add_argument(
        "-p",
        default=PLANS,
        metavar="PLANS",
        help=f"{', '.join(PLANNERS)} (default: {PLANS}); with {SUFFIX} at the end, networks small enough for a CPU",
    )
    arguments.add_argument(
        "-device",
        choices=("cuda", "cpu", "mps"),
        metavar="D",
        help="cuda, cpu or mps (default: cuda if there is one, else cpu)",
    )
    arguments.add_argument("-layout", choices=LAYOUTS, help="how candidates are named, as ds_prepare takes it")
    arguments.add_argument("-labels", type=Path, metavar="LABELS.JSON", help="label names, as ds_prepare takes them")
    arguments.add_argument(
        "-until", default="", metavar="STEP", help="last step to run, by the name that --dry_run shows"
    )
    arguments.add_argument("--dry_run", action="store_true", help="list the steps, their state and their commands")
    arguments.add_argument(
        "-o", type=Path, default=Path("ds_run"), metavar="WORK", help="folder to work in (default: ds_run)"
    )
    return arguments


def _request(given: argparse.Namespace) -> Request:
    if not given.d.isdecimal() or not 1 <= int(given.d) <= 998:
        raise InputError(f"-d {given.d} is not a number from 1 to 998; choose one that is free, as is the next")
    work, candidates = given.o.absolute(), [folder.absolute() for folder in given.l]
    for folder in (given.i.absolute(), *candidates):
        if work.is_relative_to(folder):
            raise InputError(f"-o {given.o} lies in {folder}, which is read; choose another folder")
    require_writable(work)
    return Request(
        images=given.i.absolute(),
        candidates=candidates,
        number=int(given.d),
        name=given.n,
        work=work,
        layout=given.layout,
        labels=given.labels and given.labels.absolute(),
        configuration=given.c,
        plans=given.p,
        trainer=given.tr,
        device=given.device or default_device(),
    )


def _show(steps: list[Step], folder: Path, until: str) -> None:
    for step, found in look_at_job(steps, folder, progress, until):
        print(f"\n{step.name}: {found.state.value}{f', since {found.why}' if found.why else ''}")
        print(f"$ {shlex.join(step.words(resumed=found.state.value == 'to go on'))}")
    print("\ndry run     nothing was run")
