"""Each default of ds_fuse makes of three real images what is recorded; tests/defaults.py records it anew."""

from statistics import fmean

import pytest

from .defaults import NAMES, Dices, measure, recorded


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Dices:
    return measure(tmp_path_factory.mktemp("defaults"))


@pytest.mark.parametrize("name", NAMES)
def test_the_dice_of_each_image_is_what_is_recorded(measured: Dices, name: str) -> None:
    assert measured[name] == pytest.approx(recorded()[name], abs=0.001), "see tests/defaults.py"


def test_only_what_is_measured_is_recorded() -> None:
    assert list(recorded()) == NAMES


@pytest.mark.parametrize("worse", ["majority", "STAPLE", "SIMPLE", "the paper's vote"])
@pytest.mark.parametrize("default", ["with scores and prediction", "labels to train on", "label maps alone"])
def test_the_defaults_are_better_than_what_they_replace(measured: Dices, default: str, worse: str) -> None:
    assert fmean(measured[default].values()) > fmean(measured[worse].values())
