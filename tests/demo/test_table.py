import numpy as np
import pytest

from nnunet_deepstaple.demo.table import Correlation, Results, correlate, dice, text


def test_dice_is_the_mean_over_labels():
    truth = np.array([1, 1, 2, 2, 0, 0])
    assert dice(truth, truth) == 1
    assert dice(np.array([1, 1, 0, 2, 2, 0]), truth) == pytest.approx((1 + 0.5) / 2)


def test_correlation_within_images_and_overall():
    truth = {"a__x": 0.1, "a__y": 0.2, "a__z": 0.3, "b__x": 0.7, "b__y": 0.8, "b__z": 0.9}
    scores = {"a__x": 7.0, "a__y": 8.0, "a__z": 9.0, "b__x": 3.0, "b__y": 2.0, "b__z": 1.0}
    correlation = correlate(scores, truth)
    assert correlation.within == pytest.approx(0)
    assert correlation.overall < 0
    assert correlate(truth, truth) == Correlation(1, 1)


def test_table_names_every_number():
    shown = text(Results({"majority vote": 0.61}, {"second network": 0.8}, {"agreement": Correlation(0.7, 0.5)}))
    assert "majority vote           0.610" in shown
    assert "second network          0.800" in shown
    assert "agreement" in shown
    assert "0.70     0.50" in shown
