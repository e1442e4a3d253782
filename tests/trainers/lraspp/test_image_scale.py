import pytest
import torch
from torch import nn

from nnunet_deepstaple.trainers.lraspp.image_scale import ImageScale


class Shapes(nn.Module):
    """Remembers the shapes it is given, and gives them back."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, image):
        self.seen.append(tuple(image.shape[2:]))
        return image


@pytest.mark.parametrize(("shape", "factor", "large"), [((64, 40), 2, (128, 80)), ((32, 21, 50), 1.5, (48, 32, 75))])
def test_images_are_upscaled_and_logits_downscaled(shape, factor, large):
    network = ImageScale(Shapes(), factor)
    ramp = torch.linspace(0, 1, shape[-1]).expand(2, 1, *shape)
    logits = network(ramp)
    assert network.network.seen == [large]
    assert logits.shape == ramp.shape
    torch.testing.assert_close(logits, ramp, atol=0.02, rtol=0)


def test_upscaled_batches_are_left_as_they_are():
    network = ImageScale(Shapes(), 2)
    network.upscaled_batches = True
    batch = torch.randn(2, 1, 64, 64)
    assert network(batch) is batch
