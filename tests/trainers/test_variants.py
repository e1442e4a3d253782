import pytest

from nnunet_deepstaple.trainers import variants
from nnunet_deepstaple.trainers.in_line import InLineMixin
from nnunet_deepstaple.trainers.lraspp.trainer import LRASPPTrainer
from nnunet_deepstaple.trainers.mixin import DeepSTAPLEMixin
from nnunet_deepstaple.trainers.sampled import SampledMixin


@pytest.mark.parametrize("network", ["", "_Adam1en3", "_LRASPP"])
@pytest.mark.parametrize("epochs", ["", "_1epoch", "_5epochs", "_50epochs", "_1000epochs"])
def test_every_way_by_name(network: str, epochs: str) -> None:
    ways = {
        way: getattr(variants, f"nnUNetTrainerDeepSTAPLE{network}{way}{epochs}")
        for way in ("", "_twoPass", "_inLine", "_sampled")
    }
    for trainer in ways.values():
        assert issubclass(trainer, DeepSTAPLEMixin)
        assert issubclass(trainer, variants.nnUNetTrainerAdam1en3) == (network == "_Adam1en3")
        assert issubclass(trainer, LRASPPTrainer) == (network == "_LRASPP")
        assert trainer.epochs == (int(epochs.strip("_epochs")) if epochs else None)
        assert trainer.__name__ in variants.__all__
    assert [ways[way].second_pass for way in ("", "_twoPass", "_inLine")] == [False, True, False]
    assert [way for way, trainer in ways.items() if issubclass(trainer, InLineMixin)] == ["_inLine"]
    assert [way for way, trainer in ways.items() if issubclass(trainer, SampledMixin)] == ["_sampled"]


def test_in_line_the_papers_classes_do_not_weigh() -> None:
    for name in variants.__all__:
        if "_LRASPP" in name:
            assert getattr(variants, name).weighted_classes == ("_inLine" not in name)


def test_nothing_of_nnunets_own_is_exported() -> None:
    ours = ("nnUNetTrainerDeepSTAPLE", "nnUNetTrainerAdam1en3_", "nnUNetTrainer_LRASPP", "nnUNetTrainerPartial")
    assert {name for name in variants.__all__ if not name.startswith(ours)} == set()
