import pytest

from nnunet_deepstaple.datasets.small_plans import shrink
from nnunet_deepstaple.errors import InputError


@pytest.fixture
def plans():
    network = {
        "n_stages": 4,
        "features_per_stage": [32, 64, 128, 256],
        "kernel_sizes": [[3, 3, 3]] * 4,
        "strides": [[1, 1, 1]] + [[2, 2, 2]] * 3,
        "n_conv_per_stage": [2] * 4,
        "n_conv_per_stage_decoder": [2] * 3,
        "conv_bias": True,
    }
    configuration = {"patch_size": [32, 40, 40], "batch_size": 6, "architecture": {"arch_kwargs": network}}
    return {"plans_name": "nnUNetPlans", "configurations": {"3d_fullres": configuration}}


def test_every_list_has_as_many_stages(plans):
    shrink(plans, "3d_fullres", [8, 16, 32], [16, 24, 24], 2)
    configuration = plans["configurations"]["3d_fullres"]
    assert configuration["patch_size"] == [16, 24, 24]
    assert configuration["batch_size"] == 2
    assert configuration["architecture"]["arch_kwargs"] == {
        "n_stages": 3,
        "features_per_stage": [8, 16, 32],
        "kernel_sizes": [[3, 3, 3]] * 3,
        "strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]],
        "n_conv_per_stage": [1, 1, 1],
        "n_conv_per_stage_decoder": [1, 1],
        "conv_bias": True,
    }
    assert plans["plans_name"] == "nnUNetPlans_small"


def test_residual_encoder(plans):
    network = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"]
    network["n_blocks_per_stage"] = [1, 3, 4, 6]
    del network["n_conv_per_stage"]
    plans["plans_name"] = "nnUNetResEncUNetMPlans"
    for _ in range(2):
        shrink(plans, "3d_fullres", [8, 16, 32], None, 2)
        assert network["n_blocks_per_stage"] == [1, 1, 1]
        assert network["n_conv_per_stage_decoder"] == [1, 1]
        assert "n_conv_per_stage" not in network
        assert plans["plans_name"] == "nnUNetResEncUNetMPlans_small"


def test_patch_stays_when_none_is_given(plans):
    shrink(plans, "3d_fullres", [8, 16, 32], None, 2)
    assert plans["configurations"]["3d_fullres"]["patch_size"] == [32, 40, 40]


def test_what_cannot_be_shrunk_is_refused(plans):
    with pytest.raises(InputError, match="no configuration '2d'; there are 3d_fullres"):
        shrink(plans, "2d", [8], None, 2)
    for features in ([8, 16], [8, 16, 32, 64, 128]):
        with pytest.raises(InputError, match=f"{len(features)} stages; give 3 to 4"):
            shrink(plans, "3d_fullres", features, None, 2)
