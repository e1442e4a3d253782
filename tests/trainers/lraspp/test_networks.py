import importlib

import pytest
import torch
from torch import nn

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.trainers.lraspp.network_2d import LRASPP2d
from nnunet_deepstaple.trainers.lraspp.network_3d import LRASPP3d


def size(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_the_3d_network_has_the_papers_parameters():
    network = LRASPP3d(1, 2)
    assert size(network) == 1_228_932
    assert size(network.stem, network.blocks) == 222_848
    assert size(network.aspp) == 1_001_216
    assert size(network.head) == 4_868
    assert size(LRASPP3d(12, 2)) == 1_238_436


def test_residuals_are_where_channels_and_stride_allow():
    network = LRASPP3d(1, 2)
    assert [number for number, block in enumerate([network.stem, *network.blocks]) if block.residual] == [1, 3, 5, 8, 9]


def test_the_2d_network_has_the_papers_parameters():
    assert size(LRASPP2d(1, 2)) == 3_218_020


@pytest.mark.parametrize(("channels", "classes"), [(1, 2), (2, 3)])
@pytest.mark.parametrize("shape", [(64, 64), (65, 48), (32, 32, 32), (33, 30, 21)])
def test_logits_have_the_shape_of_the_patch(shape, channels, classes):
    network = {2: LRASPP2d, 3: LRASPP3d}[len(shape)](channels, classes)
    logits = network(torch.randn(2, channels, *shape))
    assert logits.shape == (2, classes, *shape)
    logits.square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


def test_features_have_the_papers_strides():
    network = LRASPP3d(1, 2).eval()
    fine = network.stem(torch.zeros(1, 1, 32, 48, 16))
    coarse = network.blocks(fine)
    assert fine.shape == (1, 16, 16, 24, 8)
    assert coarse.shape == (1, 64, 8, 12, 4)
    assert network.aspp(coarse).shape == (1, 128, 8, 12, 4)


def test_without_torchvision_the_2d_network_says_what_to_install(monkeypatch):
    def missing(name):
        raise ImportError(f"No module named '{name}'")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(InputError, match=r'needs torchvision.*pip install "nnunet-deepstaple\[paper\]"'):
        LRASPP2d(1, 2)


def test_a_backbone_is_loaded_but_for_its_first_convolution(tmp_path):
    from torchvision.models import mobilenet_v3_large

    weights = mobilenet_v3_large(weights=None).state_dict()
    torch.save(weights, tmp_path / "imagenet.pth")
    network = LRASPP2d(2, 2)
    first = network.network.backbone["0"][0].weight.clone()
    loaded = network.load_backbone(tmp_path / "imagenet.pth")
    assert loaded == sum(key.startswith("features.") for key in weights) - 1
    torch.testing.assert_close(network.network.backbone["0"][0].weight, first)
    torch.testing.assert_close(network.network.backbone["16"][0].weight, weights["features.16.0.weight"])


@pytest.mark.parametrize("content", [None, b"no weights", {"features.1.block.0.0.weight": torch.zeros(1)}])
def test_a_file_without_such_a_backbone_is_refused(tmp_path, content):
    path = tmp_path / "imagenet.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        torch.save(content, path)
    with pytest.raises(InputError, match=r"imagenet\.pth holds no weights of torchvision's MobileNetV3-Large"):
        LRASPP2d(1, 2).load_backbone(path)
