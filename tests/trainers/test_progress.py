import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from nnunet_deepstaple.trainers.progress import LOOK_BACK, Progress

CASES = [f"{image}__{candidate}" for image in "ab" for candidate in range(4)]


def test_one_epoch() -> None:
    progress = Progress([*CASES, "c__only"])
    agreement = np.array([0.2, 0.4, 0.6, 0.8, 0.5, 0.5, 0.5, 0.5, 0.9])  # the lone candidate of c counts nowhere
    progress.add(agreement, np.zeros(9))
    last = {name: values[0] for name, values in progress.series.items()}
    assert last["agreement"] == pytest.approx(0.5)
    assert last["agreement_best"] == pytest.approx((0.8 + 0.5) / 2)
    assert last["agreement_worst"] == pytest.approx((0.2 + 0.5) / 2)
    assert last["agreement_spread"] == pytest.approx(agreement[:4].std() / 2)
    assert 1 < last["agreement_effective_candidates"] < 4
    assert last["data_parameter_effective_candidates"] == pytest.approx(4)
    assert math.isnan(last["agreement_rank_correlation"])


def test_effective_number_is_that_of_the_papers_vote() -> None:
    progress = Progress(CASES[:4])
    theta = np.array([1.0, 0.0, -1.0, 2.0])
    progress.add(np.full(4, 0.5), theta)
    weights = np.exp(theta) / np.exp(theta).sum()
    assert progress.series["data_parameter_effective_candidates"] == pytest.approx([1 / (weights**2).sum()])


def test_rank_correlation_with_five_epochs_earlier() -> None:
    rng = np.random.default_rng(0)
    progress = Progress(CASES)
    epochs = rng.random(size=(9, 8)).round(1)
    for values in epochs:
        progress.add(values, -values)
    for name in ("agreement", "data_parameter"):
        found = progress.series[f"{name}_rank_correlation"]
        assert all(math.isnan(value) for value in found[:LOOK_BACK])
        for epoch in range(LOOK_BACK, 9):
            within = [
                spearmanr(epochs[epoch, at], epochs[epoch - LOOK_BACK, at]).statistic
                for at in np.split(np.arange(8), 2)
            ]
            assert found[epoch] == pytest.approx(np.mean(within))


def test_cases_without_a_score_are_left_out() -> None:
    progress = Progress(CASES)
    progress.add(np.full(8, np.nan), np.full(8, np.nan))
    assert all(math.isnan(values[0]) for values in progress.series.values())
    progress.add(np.array([0.1, 0.3, np.nan, np.nan, 0.7, np.nan, np.nan, np.nan]), np.zeros(8))
    assert progress.series["agreement"][1] == pytest.approx(0.2)
