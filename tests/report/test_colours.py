"""Overlay colours can be told apart, with and without red-green blindness."""

import itertools

import numpy as np
import pytest
from skimage.color import rgb2lab

from nnunet_deepstaple.report import colours

# Machado, Oliveira and Fernandes, IEEE TVCG 15(6), 2009: severity 1, linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def seen(colour: str, vision) -> np.ndarray:
    value = np.array(colours.rgb(colour)) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.array(vision) @ linear, 0, 1)
    back = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(back.reshape(1, 1, 3))[0, 0]


@pytest.mark.parametrize("vision", VISION)
def test_labels_differ(vision):
    """A difference of 2.3 in L*a*b* is just noticeable; overlays need several times as much."""
    lab = [seen(colour, VISION[vision]) for colour in colours.LABELS]
    assert min(np.linalg.norm(one - other) for one, other in itertools.combinations(lab, 2)) > 20


def test_the_first_two_labels_have_nnunets_colours():
    from nnunetv2.utilities.overlay_plots import color_cycle

    assert [colour[1:].lower() for colour in colours.LABELS[:2]] == [colour.lower() for colour in color_cycle[1:3]]
    assert {colour[1:].lower() for colour in colours.LABELS} <= {colour.lower() for colour in color_cycle}


def test_weights_grow_lighter():
    lightness = [seen(colours.of_weight(share), VISION["full"])[0] for share in np.linspace(0, 1, 9)]
    assert (np.diff(lightness) > 0).all()
    assert colours.of_weight(2) == colours.of_weight(1)
