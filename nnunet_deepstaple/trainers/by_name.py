"""Find a trainer as nnU-Net does, before a long job needs it."""

import contextlib
import io
import warnings

from nnunetv2.utilities.find_objects import recursive_find_trainer_class_by_name

from ..errors import InputError


def require_trainer(name: str) -> None:
    """Make sure that nnU-Net finds a trainer.

    Raises:
        InputError: nnU-Net does not find it.
    """
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():  # nnU-Net prints where it searches
            warnings.simplefilter("ignore")
            recursive_find_trainer_class_by_name(name)
    except RuntimeError as error:
        raise InputError(
            f"nnU-Net finds no trainer {name}; check the name, or its folder in nnUNet_extTrainer"
        ) from error
