"""Make nnU-Net's plans small enough for a CPU: ``python -m nnunet_deepstaple.commands.shrink_plans 701``.

Writes ``nnUNetPlans_small.json`` beside ``nnUNetPlans.json``, to be used with ``-p nnUNetPlans_small``; likewise for
other plans, those with a residual encoder too.
"""

import argparse
import json
from typing import NoReturn

from ..datasets.nnunet_folders import find_datasets, nnunet_folder
from ..datasets.small_plans import PLANS, shrink
from ..errors import InputError
from ..files.atomic import write_text
from ..files.json_files import read_json_object
from .common import run


def _command() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("dataset", type=int, help="id of a dataset that nnUNetv2_plan_experiment has planned")
    arguments.add_argument("-p", default=PLANS, help=f"plans ({PLANS})")
    arguments.add_argument("-c", default="3d_fullres", help="configuration (3d_fullres)")
    arguments.add_argument(
        "-features", type=int, nargs="+", default=[8, 16, 32], help="features of each stage (8 16 32)"
    )
    arguments.add_argument("-patch", type=int, nargs="+", help="patch size in voxels (as planned)")
    arguments.add_argument("-batch", type=int, default=4, help="batch size (4)")
    given = arguments.parse_args()
    preprocessed = nnunet_folder("nnUNet_preprocessed")
    folders = [folder for folder in find_datasets(given.dataset) if folder.parent == preprocessed]
    if not folders:
        raise InputError(f"{preprocessed} has no dataset {given.dataset}; run ds_plan_and_preprocess first")
    plans = read_json_object(folders[0] / f"{given.p}.json", "plan again with ds_plan_and_preprocess")
    shrink(plans, given.c, given.features, given.patch, given.batch)
    target = folders[0] / f"{plans['plans_name']}.json"
    write_text(target, json.dumps(plans, indent=4) + "\n")
    features = ", ".join(map(str, given.features))
    patch = " × ".join(map(str, plans["configurations"][given.c]["patch_size"]))
    print(f"written     {target}: features {features}, patch {patch}, batch {given.batch}")


def main() -> NoReturn:
    """Entry point."""
    run(_command)


if __name__ == "__main__":
    main()
