"""Register atlases to images with ConvexAdam and write the warped labels as candidates, ``<image>__<atlas>.nii.gz``.

Siebert et al., "ConvexAdam: Self-Configuring Dual-Optimisation-Based 3D Multitask Medical Image Registration", IEEE
TMI, 2024; ``pip install convexAdam``. Each atlas is laid on the image's grid centre on centre and registered by MIND
features in float32, and its labels are warped by nearest neighbour. ``-warped`` keeps the atlas' image, warped in the
same way, for ``ds_fuse -atlas_images``. What is there already is skipped.
"""

import contextlib
import importlib
import io
from collections.abc import Callable
from typing import NoReturn

import numpy as np
import SimpleITK as sitk  # noqa: N813
import torch

from nnunet_deepstaple.commands.common import parser, run
from nnunet_deepstaple.errors import InputError

from .registration import Pair, Warped, add_pair_options, check_options, on_one_grid, register_pairs, warp

EXAMPLES = """\
  python -m scripts.register_convexadam -i hippocampus/images -a hippocampus/atlases -o convexadam -warped warped
  python -m scripts.register_convexadam -i images -a atlases -o candidates -k 0 -grid_sp 4 -disp_hw 6
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("register_convexadam", __doc__ or "", EXAMPLES)
    add_pair_options(arguments)
    arguments.add_argument("-grid_sp", type=int, default=6, help="voxels between grid points of the search (6)")
    arguments.add_argument("-disp_hw", type=int, default=4, help="half width of the search in grid points (4)")
    arguments.add_argument("-grid_sp_adam", type=int, default=2, help="voxels between those of Adam's step (2)")
    arguments.add_argument("-niter", type=int, default=80, help="iterations of Adam (80)")
    arguments.add_argument("-lambda_weight", type=float, default=1.25, help="weight of the smoothness (1.25)")
    arguments.add_argument("-device", default="cpu", help="cpu or cuda (cpu)")
    given = arguments.parse_args()
    options = {name: getattr(given, name) for name in ("grid_sp", "disp_hw", "grid_sp_adam", "niter", "lambda_weight")}
    check_options(options)
    register = convex_adam(given.device, options)
    register_pairs(given, lambda pair: register_pair(pair, register))


Register = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From a fixed and a moving image, shape (z, y, x), to the displacement in voxels, shape (z, y, x, 3)."""


def convex_adam(device: str, options: dict[str, float]) -> Register:
    """ConvexAdam with these options.

    Raises:
        InputError: it is not installed.
    """
    try:
        convex_adam_pt = importlib.import_module("convexAdam.convex_adam_MIND").convex_adam_pt
    except ImportError as error:
        raise InputError(f"convexAdam cannot be imported ({error}); pip install convexAdam") from error
    named = {"niter": "selected_niter"}
    settings = {named.get(name, name): value for name, value in options.items()}

    def register(fixed: np.ndarray, moving: np.ndarray) -> np.ndarray:
        with contextlib.redirect_stdout(io.StringIO()):
            return convex_adam_pt(fixed, moving, dtype=torch.float32, device=torch.device(device), **settings)

    return register


def register_pair(pair: Pair, register: Register) -> Warped:
    """Register one pair."""
    fixed, moving, labels = on_one_grid(pair)
    arrays = [sitk.GetArrayFromImage(image) for image in (fixed, moving, labels)]
    displacement = register(arrays[0], arrays[1])
    return Warped(fixed, warp(arrays[2], displacement), warp(arrays[1], displacement))


if __name__ == "__main__":
    main()
