import math

import numpy as np
import pytest
import torch

from nnunet_deepstaple.scoring.data_parameters import DataParameters, DataParameterSettings
from nnunet_deepstaple.scoring.visit_log import record_type

PAPER = DataParameterSettings()


def paper_loss(theta: torch.Tensor, costs: torch.Tensor) -> torch.Tensor:
    """Σ w·a with w = σ(θ) / mean σ(θ), as the paper writes it."""
    share = torch.sigmoid(theta)
    return (share / share.mean() * costs).sum()


def random_batches(rng: np.random.Generator, cases: int, batches: int, size: int):
    return [(rng.integers(cases, size=size).tolist(), rng.normal(size=size).tolist()) for _ in range(batches)]


@pytest.mark.parametrize("size", [1, 2, 4, 12])
def test_gradient_is_autograds(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(20):
        parameters = DataParameters(5, PAPER)
        for batch in random_batches(rng, 5, 7, 3):  # somewhere away from the start
            parameters.update(*batch)
        cases, costs = random_batches(rng, 5, 1, size)[0]
        theta = torch.tensor(parameters.values, requires_grad=True)
        paper_loss(theta[cases], torch.tensor(costs, dtype=torch.float64)).backward()
        gradient = np.zeros(5)
        for case, slope in parameters.gradient(cases, costs).items():
            gradient[case] = slope
        np.testing.assert_allclose(gradient, theta.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("size", [2, 4])
def test_steps_are_sparse_adams(size: int) -> None:
    rng = np.random.default_rng(7)
    embedding = torch.nn.Embedding(30, 1, sparse=True, dtype=torch.float64)
    torch.nn.init.zeros_(embedding.weight)
    optimiser = torch.optim.SparseAdam(embedding.parameters(), lr=0.1)
    parameters = DataParameters(30, PAPER)
    for cases, costs in random_batches(rng, 30, 300, size):
        optimiser.zero_grad()
        theta = embedding(torch.tensor(cases)).squeeze(1)
        paper_loss(theta, torch.tensor(costs, dtype=torch.float64)).backward()
        optimiser.step()
        parameters.update(cases, costs)
    np.testing.assert_allclose(parameters.values, embedding.weight.detach().numpy()[:, 0], atol=1e-9)
    assert np.ptp(parameters.values) > 1


def test_far_from_zero_there_is_still_a_gradient() -> None:
    """A learning rate far too high."""
    parameters = DataParameters(2, DataParameterSettings(initial_value=-1e4))
    assert parameters.gradient([0, 1], [1.0, 3.0]) == pytest.approx({0: -1.0, 1: 1.0})


def test_a_batch_of_one_teaches_nothing_with_the_batch_baseline() -> None:
    parameters = DataParameters(2, PAPER)
    for case, cost in [(0, 5.0), (1, -5.0)] * 10:
        parameters.update([case], [cost])
    np.testing.assert_array_equal(parameters.values, 0)


def test_a_batch_of_one_teaches_with_the_running_baseline() -> None:
    parameters = DataParameters(2, DataParameterSettings(baseline="running"))
    for case, cost in [(0, 5.0), (1, -5.0)] * 10:
        parameters.update([case], [cost])
    assert parameters.values[0] < -0.1 < 0.1 < parameters.values[1]


def test_clamp_bounds_theta() -> None:
    parameters = DataParameters(2, DataParameterSettings(clamp=0.25))
    for _ in range(50):
        parameters.update([0, 1], [1.0, -1.0])
    np.testing.assert_array_equal(parameters.values, [-0.25, 0.25])


def test_initial_value_and_learning_rate() -> None:
    parameters = DataParameters(2, DataParameterSettings(initial_value=1.5, learning_rate=0.01))
    np.testing.assert_array_equal(parameters.values, 1.5)
    parameters.update([0, 1], [1.0, -1.0])
    np.testing.assert_allclose(parameters.values, [1.49, 1.51], atol=1e-6)  # Adam's first step is the learning rate


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (DataParameterSettings(fixed_weighting=False, risk_regularisation=False), 0.7),
        (DataParameterSettings(fixed_weighting=False), 0.7 - 0.25),
        (DataParameterSettings(risk_regularisation=False), 0.7 / (math.log(40 + math.e) + math.e)),
        (PAPER, (0.7 - 0.25) / (math.log(40 + math.e) + math.e)),
    ],
)
def test_weighted_cost(settings: DataParameterSettings, expected: float) -> None:
    visit = np.zeros(1, record_type(2))
    visit["cost"], visit["labelled"], visit["predicted"], visit["voxels"] = 0.7, 40, 25, 100
    np.testing.assert_allclose(settings.weighted_cost(visit), expected, rtol=1e-6)
