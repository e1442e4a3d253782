"""Environment variables of a job's commands."""

import os
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from ..datasets.nnunet_folders import VARIABLES

ON_A_CPU = {"OMP_WAIT_POLICY": "passive"}
"""Keeps PyTorch's waiting threads from taking the cores of nnU-Net's augmentation."""


def nnunet_folders(folder: Path) -> dict[str, str]:
    """nnU-Net's folders within ``folder``, by variable."""
    return {variable: str(folder / variable) for variable in VARIABLES}


def environment_with(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with ``settings``, in which the commands of this Python come first."""
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    return {**os.environ, **settings, "PATH": path, "PYTHONUNBUFFERED": "1"}


def default_device() -> str:
    """The device that trains here: ``cuda`` if there is one, else ``cpu``."""
    import torch  # noqa: PLC0415 (takes seconds)

    return "cuda" if torch.cuda.is_available() else "cpu"
