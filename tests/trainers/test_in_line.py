import torch
from torch import nn

from nnunet_deepstaple.trainers.in_line import WeightedLoss


class Squared(nn.Module):
    """Some loss that means over the whole batch, with or without deep supervision."""

    def forward(self, output, target):
        if isinstance(output, torch.Tensor):
            return (output - target).square().mean()
        return sum((o - t).square().mean() for o, t in zip(output, target, strict=True))


def batch(*shape: int) -> torch.Tensor:
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def test_without_weights_it_is_the_loss_as_it_is() -> None:
    output, target = batch(3, 2, 4), torch.zeros(3, 2, 4)
    assert WeightedLoss(Squared(), lambda: None)(output, target) == Squared()(output, target)


def test_equal_weights_give_the_mean_over_the_samples() -> None:
    output, target = batch(4, 2, 4), torch.zeros(4, 2, 4)
    loss = WeightedLoss(Squared(), lambda: torch.full((4,), 0.25))
    torch.testing.assert_close(loss(output, target), Squared()(output, target))
    heads = [output, output[..., ::2]], [target, target[..., ::2]]
    torch.testing.assert_close(loss(*heads), Squared()(*heads))


def test_a_sample_without_weight_teaches_nothing() -> None:
    output = batch(2, 3).requires_grad_()
    WeightedLoss(Squared(), lambda: torch.tensor([0.9, 0.0]))(output, torch.ones(2, 3)).backward()
    assert output.grad is not None
    assert torch.all(output.grad[1] == 0)
    torch.testing.assert_close(output.grad[0], 0.9 * 2 / 3 * (output[0].detach() - 1))
