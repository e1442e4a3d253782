import math
from typing import Any

import numpy as np
import pytest
from batchgenerators.dataloading.data_loader import DataLoader
from batchgenerators.dataloading.nondet_multi_threaded_augmenter import NonDetMultiThreadedAugmenter

from nnunet_deepstaple.trainers.sampled import Draws, shares

CASES = ["a__1", "a__2", "b__1", "b__2", "b__3"]


class Names(DataLoader):
    """Batches of the names that were drawn."""

    def __init__(self, draws: Draws) -> None:
        super().__init__(CASES, batch_size=4, infinite=True, sampling_probabilities=draws)
        self.indices = CASES

    def generate_train_batch(self) -> dict[str, Any]:
        return {"keys": self.get_indices()}


def test_images_share_alike_and_their_candidates_by_the_power_of_the_agreement() -> None:
    agreement = dict(zip(CASES, (0.8, 0.4, 0.5, 0.5, 0.0), strict=True))
    expected = [1 - 1 / 65, 1 / 65, 0.5, 0.5, 0]
    np.testing.assert_allclose(shares(CASES, agreement), expected)


def test_a_case_without_agreement_counts_as_the_mean_of_the_others() -> None:
    agreement = dict(zip(CASES, (math.nan, math.nan, 0.6, 0.8, math.nan), strict=True))
    found = shares(CASES, agreement)
    np.testing.assert_allclose(found[:2], 0.5)
    np.testing.assert_allclose(found[4] / found[2], (0.7 / 0.6) ** 6)
    assert found.sum() == pytest.approx(2)


def test_draws_are_alike_until_they_are_set() -> None:
    draws = Draws(4)
    np.testing.assert_array_equal(np.array(draws), 0.25)
    draws.set(np.array([0.0, 1, 2, 1]))
    np.testing.assert_array_equal(np.array(draws), [0, 0.25, 0.5, 0.25])


def test_processes_that_load_data_draw_by_what_is_set_later() -> None:
    """With nnU-Net's own augmenter, whose processes are running when the trust is earned."""
    draws = Draws(len(CASES))
    loader = NonDetMultiThreadedAugmenter(Names(draws), None, num_processes=2, num_cached=2, wait_time=0.002)
    try:
        before = np.concatenate([next(loader)["keys"] for _ in range(30)])
        draws.set(np.array([0.0, 0, 0, 1, 0]))
        after = [set(next(loader)["keys"].tolist()) for _ in range(100)]
    finally:
        loader._finish()
    assert set(before.tolist()) == set(CASES)
    drawn_before = [names for names in after if names != {"b__2"}]  # a busy machine hands them over late
    assert len(drawn_before) <= 10  # what two queues, two processes and the thread between them hold
