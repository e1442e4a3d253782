"""ds_preprocess: a planned dataset → what nnU-Net trains on, each image once for all its candidates."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ..datasets.nnunet_folders import VARIABLES, dataset_number, find_raw_dataset, nnunet_folder
from ..errors import InputError
from ..wording import span
from .common import add_workers, parser, progress, run, workers_of

if TYPE_CHECKING:
    from ..preprocess.run import Preprocessed

EXAMPLES = """\
  ds_preprocess -d 701 -c 3d_fullres
      after ds_plan_and_preprocess or nnUNetv2_plan_experiment; the same folder as nnUNetv2_preprocess makes
  ds_preprocess -d 701 -c 3d_fullres 3d_lowres -p nnUNetResEncUNetMPlans -np 4
  ds_preprocess -d 701 -c 3d_fullres --continue
      after a kill: images that are done are kept
  ds_preprocess -d 702 -c 3d_fullres
      a dataset that ds_fuse -d_out made of the same images: they are linked, only the labels are resampled
"""


def main() -> NoReturn:
    """Entry point of the console script."""
    run(_command)


def _command() -> None:
    arguments = parser(
        "ds_preprocess",
        "Preprocess a planned dataset as nnUNetv2_preprocess does, file for file, but compute and store each image "
        "once for all its candidates, and resample label maps in a fraction of the time.",
        EXAMPLES,
    )
    add_options(arguments)
    arguments.add_argument(
        "-p", default="nnUNetPlans", metavar="PLANS", help="name of the plans (default: nnUNetPlans)"
    )
    given = arguments.parse_args()
    require_environment(least_da=0)
    preprocess(find_raw_dataset(given.d), given.p, given)


def add_options(arguments: argparse.ArgumentParser) -> None:
    """Options that ds_preprocess and ds_plan_and_preprocess share."""
    arguments.add_argument("-d", required=True, metavar="ID", help="id or full name of the dataset")
    arguments.add_argument(
        "-c",
        nargs="+",
        metavar="CONFIGURATION",
        help="configurations (default: those of 2d, 3d_fullres and 3d_lowres that the plans have); "
        "3d_cascade_fullres uses the folder of 3d_fullres",
    )
    add_workers(arguments, "image")
    arguments.add_argument(
        "--continue", dest="keep", action="store_true", help="keep the images that an earlier run finished"
    )
    arguments.add_argument(
        "--labels_in_norm",
        action="store_true",
        help="where nnU-Net normalises within the nonzero area, count in the labels that a candidate has outside it, "
        "as nnUNetv2_preprocess does: such a candidate gets an image of its own, which tells the network its shape",
    )


def require_environment(least_da: int) -> None:
    """Make sure that nnU-Net finds its folders and its numbers of processes, before it is imported.

    It would only warn of the folders, and end with a traceback at the numbers.

    Args:
        least_da: least number of processes for data augmentation.

    Raises:
        InputError: a variable is missing or wrong.
    """
    for variable in VARIABLES:
        nnunet_folder(variable)
    for variable, least in (("nnUNet_n_proc_DA", least_da), ("nnUNet_def_n_proc", 1)):
        number = os.environ.get(variable, str(least)).strip()
        if not (number.isascii() and number.isdecimal() and int(number) >= least):
            raise InputError(
                f"{variable} is '{number}', and nnU-Net needs a number of {least} or more here; set it anew"
            )


def preprocess(raw: Path, plans: str, given: argparse.Namespace) -> None:
    """Preprocess a dataset and tell what was done."""
    from ..preprocess.run import preprocess as run_preprocess  # noqa: PLC0415 (imports nnU-Net: seconds)

    several = False
    for summary in run_preprocess(
        raw, plans, given.c, workers_of(given), progress, keep=given.keep, labels_in_norm=given.labels_in_norm
    ):
        _print_summary(summary)
        several = max(summary.candidates) > 1
    options = "" if plans == "nnUNetPlans" else f" -p {plans}"
    options += " -tr nnUNetTrainerDeepSTAPLE" if several else ""
    print(f"next        nnUNetv2_train {dataset_number(raw.name)} {(given.c or ['3d_fullres'])[0]} 0{options}")


def _print_summary(summary: "Preprocessed") -> None:
    noun = "candidate" if max(summary.candidates) == 1 else "candidates"
    kept = f", {summary.kept} of them finished before" if summary.kept else ""
    print(f"images      {len(summary.candidates)}, with {span(summary.candidates)} {noun} each{kept}")
    for note in summary.notes:
        print(f"note        {note}")
    print(f"written     {summary.folder}, {summary.size / 1e6:.1f} MB")
