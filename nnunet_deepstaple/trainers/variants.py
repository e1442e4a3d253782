"""The trainers by name, as ``nnUNetv2_train -tr`` takes them.

``nnUNetTrainerDeepSTAPLE[_Adam1en3 | _LRASPP][_way][_Nepochs]``: ``_Adam1en3`` stands for nnU-Net's Adam trainer, for
small budgets, and ``_LRASPP`` for the paper's networks. The ways are ``_twoPass``, ``_inLine`` and ``_sampled``.
Without a way, cases are seen in the logits of the training step, before the network's update. This costs almost
nothing. N is one of nnU-Net's own numbers of epochs.

There are also trainers without scores. ``nnUNetTrainerAdam1en3_10epochs`` is nnU-Net's Adam trainer with fewer epochs.
``nnUNetTrainer_LRASPP[_Nepochs]`` trains the paper's networks. ``nnUNetTrainerPartial[_Adam1en3][_Nepochs]`` are
nnU-Net's own trainers, for cases that do not annotate everything.
"""

from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer
from nnunetv2.training.nnUNetTrainer.variants.optimizer.nnUNetTrainerAdam import nnUNetTrainerAdam1en3

from .in_line import InLineMixin
from .lraspp.trainer import LRASPPTrainer
from .mixin import DeepSTAPLEMixin, FixedEpochs
from .partial import PartialMixin
from .sampled import SampledMixin

EPOCHS = (1, 5, 10, 20, 50, 100, 250, 500, 750, 1000, 2000, 4000, 8000)


class nnUNetTrainerDeepSTAPLE(DeepSTAPLEMixin, nnUNetTrainer):
    """The stock trainer; it scores its cases in the logits of the training step."""


class nnUNetTrainerDeepSTAPLE_twoPass(nnUNetTrainerDeepSTAPLE):
    """Sees its cases in a second forward pass after the network's update, as in the paper."""

    second_pass = True


class nnUNetTrainerDeepSTAPLE_inLine(InLineMixin, nnUNetTrainer):
    """The weighted loss trains network and data parameters together; the paper compares its method with this."""


class nnUNetTrainerDeepSTAPLE_sampled(SampledMixin, nnUNetTrainer):
    """One training instead of two: after a warm-up it draws its cases by how far they are trusted so far."""


class nnUNetTrainerDeepSTAPLE_Adam1en3(DeepSTAPLEMixin, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer (initial learning rate 1e-3); it scores its cases."""


class nnUNetTrainerDeepSTAPLE_Adam1en3_twoPass(nnUNetTrainerDeepSTAPLE_Adam1en3):
    second_pass = True


class nnUNetTrainerDeepSTAPLE_Adam1en3_inLine(InLineMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainerDeepSTAPLE_Adam1en3_sampled(SampledMixin, nnUNetTrainerAdam1en3):
    pass


class nnUNetTrainer_LRASPP(FixedEpochs, LRASPPTrainer):
    """The paper's networks, without scores, for comparison."""


class nnUNetTrainerDeepSTAPLE_LRASPP(DeepSTAPLEMixin, LRASPPTrainer):
    """The paper's networks; they score their cases."""


class nnUNetTrainerDeepSTAPLE_LRASPP_twoPass(nnUNetTrainerDeepSTAPLE_LRASPP):
    """As in the paper, out of line."""

    second_pass = True


class nnUNetTrainerDeepSTAPLE_LRASPP_inLine(InLineMixin, LRASPPTrainer):
    """As in the paper, in line; only θ weighs the loss, and the classes have equal weights."""

    weighted_classes = False


class nnUNetTrainerDeepSTAPLE_LRASPP_sampled(SampledMixin, LRASPPTrainer):
    pass


class nnUNetTrainerPartial(PartialMixin, FixedEpochs, nnUNetTrainer):
    """The stock trainer, for cases that do not annotate everything."""


class nnUNetTrainerPartial_Adam1en3(PartialMixin, FixedEpochs, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer, for cases that do not annotate everything."""


class _nnUNetTrainerAdam1en3(FixedEpochs, nnUNetTrainerAdam1en3):
    """nnU-Net's Adam trainer, for a second network with a small budget."""


def _with_epochs() -> dict[str, type[nnUNetTrainer]]:
    """Every trainer of this module with each number of epochs, named in nnU-Net's way."""
    trainers = [value for value in globals().values() if getattr(value, "__module__", "") == __name__]
    names = (
        (f"{trainer.__name__.lstrip('_')}_{epochs}epoch{'s' * (epochs > 1)}", trainer, epochs)
        for trainer in trainers
        if isinstance(trainer, type)
        for epochs in EPOCHS
    )
    return {name: type(name, (trainer,), {"epochs": epochs, "__module__": __name__}) for name, trainer, epochs in names}


globals().update(_with_epochs())

__all__ = [
    name
    for name in globals()
    if name.startswith("nnUNetTrainer") and name not in ("nnUNetTrainer", "nnUNetTrainerAdam1en3")
]
