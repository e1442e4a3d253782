"""Make nnU-Net's plans small enough for a CPU: ``python -m nnunet_deepstaple.demo.shrink_plans 701``.

Writes ``nnUNetPlans_small.json`` beside ``nnUNetPlans.json``, to be used with ``-p nnUNetPlans_small``; likewise for
other plans, those with a residual encoder too. Only the network (fewer features, one convolution or residual block a
stage), the patch and the batch shrink; the preprocessed data stay the same and are shared.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any, NoReturn

from ..atomic import write_text
from ..commands.common import run
from ..errors import InputError
from ..label_names import read_json_object
from ..nnunet_folders import find_datasets, nnunet_folder

PLANS, SUFFIX = "nnUNetPlans", "_small"
SMALL = PLANS + SUFFIX


def shrink(
    plans: dict[str, Any], configuration: str, features: Sequence[int], patch: Sequence[int] | None, batch: int
) -> None:
    """Shrink one configuration of ``plans`` in place.

    Args:
        plans: content of nnUNetPlans.json, or of plans with a residual encoder.
        configuration: such as ``3d_fullres``.
        features: features of each resolution stage; there remain as many stages.
        patch: patch size in voxels; None leaves it.
        batch: batch size.

    Raises:
        InputError: there is no such configuration, or it cannot have as many stages as ``features``.
    """
    if configuration not in plans["configurations"]:
        raise InputError(
            f"the plans have no configuration '{configuration}'; there are {', '.join(plans['configurations'])}"
        )
    small = plans["configurations"][configuration]
    network = small["architecture"]["arch_kwargs"]
    stages = len(features)
    if not 3 <= stages <= network["n_stages"]:  # with two, nnU-Net weighs its one supervised head 0 / 0
        raise InputError(f"-features has {stages} stages; give 3 to {network['n_stages']}, as many as the plans have")
    network["n_stages"] = stages
    network["features_per_stage"] = list(features)
    for name in ("kernel_sizes", "strides"):
        network[name] = network[name][:stages]
    network["n_blocks_per_stage" if "n_blocks_per_stage" in network else "n_conv_per_stage"] = [1] * stages
    network["n_conv_per_stage_decoder"] = [1] * (stages - 1)
    small["patch_size"] = list(patch or small["patch_size"])
    small["batch_size"] = batch
    plans["plans_name"] = plans["plans_name"].removesuffix(SUFFIX) + SUFFIX


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
        raise InputError(f"{preprocessed} has no dataset {given.dataset}; run nnUNetv2_plan_and_preprocess first")
    plans = read_json_object(folders[0] / f"{given.p}.json")
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
