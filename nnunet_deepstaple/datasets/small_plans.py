"""nnU-Net's plans, made small enough for a CPU.

Only the network, the patch and the batch become smaller. The network has fewer features, and one convolution or
residual block per stage. The preprocessed data stay the same and are shared.
"""

from collections.abc import Sequence
from typing import Any

from ..errors import InputError

PLANS, SUFFIX = "nnUNetPlans", "_small"
SMALL = PLANS + SUFFIX


def shrink(
    plans: dict[str, Any], configuration: str, features: Sequence[int], patch: Sequence[int] | None, batch: int
) -> None:
    """Shrink one configuration of ``plans`` in place.

    Args:
        plans: content of nnUNetPlans.json, or of plans with a residual encoder.
        configuration: such as ``3d_fullres``.
        features: features of each resolution stage; the network keeps only as many stages.
        patch: patch size in voxels; None keeps it.
        batch: batch size.

    Raises:
        InputError: there is no such configuration, or it cannot have as many stages as ``features`` has entries.
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
