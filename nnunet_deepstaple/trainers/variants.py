"""The trainers by name, as ``nnUNetv2_train -tr`` takes them.

``nnUNetTrainerDeepSTAPLE`` is the stock trainer with DeepSTAPLE, ``nnUNetTrainerDeepSTAPLE_Adam1en3`` the same over
nnU-Net's Adam trainer, for small budgets. Both, and nnU-Net's Adam trainer itself, also come with fewer epochs, named
as nnU-Net names its own: ``nnUNetTrainerDeepSTAPLE_50epochs``, ``nnUNetTrainerDeepSTAPLE_Adam1en3_5epochs``,
``nnUNetTrainerAdam1en3_10epochs``, …
"""

from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from .mixin import DeepSTAPLEMixin, FixedEpochs

EPOCHS = (1, 5, 10, 20, 50, 100, 250, 500, 1000)


class nnUNetTrainerDeepSTAPLE(DeepSTAPLEMixin, nnUNetTrainer):
    """The stock trainer, scoring its cases."""


class nnUNetTrainerDeepSTAPLE_Adam1en3(DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer (initial learning rate 1e-3), scoring its cases."""


class _nnUNetTrainerAdam1en3(FixedEpochs, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer, for a second network with a small budget."""


def _with_epochs() -> dict[str, type[nnUNetTrainer]]:
    """Every trainer above with each number of epochs."""
    trainers = (nnUNetTrainerDeepSTAPLE, nnUNetTrainerDeepSTAPLE_Adam1en3, _nnUNetTrainerAdam1en3)
    names = (
        (f"{trainer.__name__.lstrip('_')}_{epochs}epochs", trainer, epochs) for trainer in trainers for epochs in EPOCHS
    )
    return {name: type(name, (trainer,), {"epochs": epochs, "__module__": __name__}) for name, trainer, epochs in names}


globals().update(_with_epochs())

__all__ = [
    name
    for name in globals()
    if name.startswith("nnUNetTrainer") and name not in ("nnUNetTrainer", "nnUNetTrainerAdam1en3")
]
