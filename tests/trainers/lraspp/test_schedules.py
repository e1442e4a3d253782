import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, ExponentialLR

from nnunet_deepstaple.trainers.lraspp.schedules import (
    BatchSchedule,
    cosine_with_restarts,
    exponential_in_every_tenth_epoch,
)


def optimizer(rate: float) -> torch.optim.Optimizer:
    return torch.optim.AdamW([torch.zeros(1, requires_grad=True)], rate)


def rates_of(schedule: BatchSchedule, adam: torch.optim.Optimizer, epochs: range, batches: int) -> list[float]:
    """Learning rate of every batch, as nnU-Net trains."""
    rates = []
    for epoch in epochs:
        schedule.step(epoch)
        for _ in range(batches):
            rates.append(adam.param_groups[0]["lr"])
            schedule.after_batch()
    return rates


def test_the_2d_rate_is_torchs_cosine_with_restarts_at_every_batch():
    adam, stepped = optimizer(5e-4), optimizer(5e-4)
    rates = rates_of(BatchSchedule(adam, 5e-4, cosine_with_restarts, 625), adam, range(13), 625)
    torchs = CosineAnnealingWarmRestarts(stepped, T_0=500, T_mult=2)
    expected = []
    for _ in rates:
        expected.append(stepped.param_groups[0]["lr"])
        stepped.step()
        torchs.step()
    assert rates == pytest.approx(expected, abs=1e-12)
    assert [rate for rate, number in zip(rates, range(len(rates)), strict=True) if number in (0, 500, 1500, 3500)] == [
        5e-4
    ] * 4


def test_the_3d_rate_falls_by_a_hundredth_after_each_batch_of_every_tenth_epoch():
    adam, stepped = optimizer(0.01), optimizer(0.01)
    rates = rates_of(BatchSchedule(adam, 0.01, exponential_in_every_tenth_epoch, 50), adam, range(40), 50)
    torchs = ExponentialLR(stepped, 0.99)
    expected = []
    for epoch in range(40):
        for _ in range(50):
            expected.append(stepped.param_groups[0]["lr"])
            stepped.step()
            if epoch % 10 == 0:
                torchs.step()
    assert rates == pytest.approx(expected, rel=1e-9)
    assert stepped.param_groups[0]["lr"] == pytest.approx(0.01 * 0.99**200)


@pytest.mark.parametrize("rate", [cosine_with_restarts, exponential_in_every_tenth_epoch])
def test_continuing_at_any_epoch_goes_on_as_without_a_break(rate):
    adam = optimizer(1)
    whole = rates_of(BatchSchedule(adam, 1, rate, 70), adam, range(24), 70)
    for first in (1, 9, 10, 11, 23):
        adam = optimizer(1)
        rest = rates_of(BatchSchedule(adam, 1, rate, 70), adam, range(first, 24), 70)
        assert rest == whole[first * 70 :]
