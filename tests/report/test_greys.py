"""Windows of an image, and the levels that they show."""

import numpy as np
import pytest

from nnunet_deepstaple.report.greys import CT_WINDOWS, LEVELS, Greys


def abdomen():
    """An organ (60) beside its neighbour (40), in a body with lung, fat, bone and steel; noise of 8."""
    random = np.random.default_rng(0)
    values = np.repeat([40.0, 60.0, -850.0, -100.0, 700.0, 3000.0], 4000)
    return values + random.normal(0, 8, values.size)


def test_the_window_shows_the_border_of_the_organ():
    image = abdomen()
    greys = Greys.of(image, image[:8000])
    low, high = greys.shown
    assert low < 30
    assert 75 < high < 200
    levels = greys.levels_of(np.array([40.0, 60.0]))
    table = greys.table()
    assert table[levels[1]] - table[levels[0]] > 0.15


def test_levels_stand_for_values_everywhere_and_closely_near_the_labels():
    image = abdomen()
    greys = Greys.of(image, image[:8000])
    assert len(greys.points) == LEVELS
    shown = np.array(greys.values)[greys.levels_of(image)]
    assert np.percentile(np.abs(shown - image)[:8000], 95) < 2
    assert np.abs(shown - image).max() < 60


def test_presets_belong_to_ct():
    assert set(CT_WINDOWS) <= set(Greys.of(abdomen(), abdomen()).windows)
    assert list(Greys.of(np.arange(100.0), np.arange(50.0)).windows) == ["around the labels", "everything"]


@pytest.mark.parametrize("value", [np.nan, 0.0, 7.0])
def test_images_of_one_value_or_none(value):
    image = np.full((3, 3, 3), value)
    greys = Greys.of(image, image[:0])
    assert greys.levels_of(image).shape == image.shape
    assert all(low < high for low, high in greys.windows.values())
