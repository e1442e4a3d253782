"""The data parameters θ: one learned scalar per case, and the arithmetic of their out-of-line step.

Weihsbach et al., "DeepSTAPLE: Learning to predict multimodal registration quality for unsupervised domain
adaptation", WBIR 2022, after Saxena et al., "Data parameters", NeurIPS 2019. This module needs no network and no
nnU-Net, because θ depends only on the visits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # SparseAdam's defaults, as in the paper
_RUNNING = 0.8  # memory of the running baseline; costs fall during training, and the baseline must follow
_LARGEST = 700.0  # exp(700) is still finite; as weights, σ(−700) and anything smaller are 0


@dataclass(frozen=True)
class DataParameterSettings:
    """How θ is learned; the defaults are the paper's.

    Attributes:
        learning_rate: of the SparseAdam step.
        initial_value: θ before the first visit.
        fixed_weighting: divide a sample's weight by ln(n + e) + e, where n is its number of labelled foreground voxels.
        risk_regularisation: subtract the predicted share of foreground from a sample's cost.
        baseline: what a sample's cost is compared with: ``batch`` (the weighted mean of its batch, as in the paper)
            or ``running`` (the running mean over earlier batches; only this one learns from batches of one sample).
        clamp: keep θ within ± this value; None for no limit.
        warm_up: epochs whose visits do not change θ.
    """

    learning_rate: float = 0.1
    initial_value: float = 0.0
    fixed_weighting: bool = True
    risk_regularisation: bool = True
    baseline: Literal["batch", "running"] = "batch"
    clamp: float | None = None
    warm_up: int = 0

    def fixed_weights(self, visits: np.ndarray) -> np.ndarray:
        """Fixed weight of each visit: 1 / (ln(n + e) + e), or 1 without fixed weighting.

        Args:
            visits: V visits with the field ``labelled`` (n).

        Returns:
            Shape (V,), float64.
        """
        if not self.fixed_weighting:
            return np.ones(len(visits))
        return 1 / (np.log(visits["labelled"] + math.e) + math.e)

    def weighted_cost(self, visits: np.ndarray) -> np.ndarray:
        """Cost of each visit as θ sees it: (CE − r) / (ln(n + e) + e) with r = predicted / voxels.

        Args:
            visits: V visits with the fields ``cost`` (CE), ``labelled`` (n), ``predicted`` and ``voxels`` (> 0).

        Returns:
            Shape (V,), float64.
        """
        cost = visits["cost"].astype(np.float64)
        if self.risk_regularisation:
            cost -= visits["predicted"] / visits["voxels"]
        return cost * self.fixed_weights(visits)


class DataParameters:
    """θ of N cases with the state of its optimiser.

    The loss of a batch is Σ_b w_b·a_b with w_b = σ(θ_b) / mean σ(θ), and a_b is the weighted cost. Let s = σ(θ),
    m = mean s, and let the mean loss be L = Σ_b s_b·a_b / Σ_b s_b. Then

        ∂loss/∂θ_j = s_j·(1 − s_j) / m · (a_j − L).

    With the running baseline, m and L are running means over the batches before. As long as there are none, m and L are
    those of the batch itself. The step is that of torch.optim.SparseAdam: each case has its own moments, and all cases
    share the step count.
    """

    def __init__(self, cases: int, settings: DataParameterSettings) -> None:
        self.settings = settings
        self.steps = 0
        # Plain floats: a batch has only a few cases, and NumPy's overhead would take most of the time of a replay.
        self._theta = [settings.initial_value] * cases
        self._first_moment = [0.0] * cases
        self._second_moment = [0.0] * cases
        self._baseline: tuple[float, float] | None = None

    @property
    def values(self) -> np.ndarray:
        """θ of all cases, shape (N,), float64."""
        return np.array(self._theta)

    def gradient(self, cases: Sequence[int], costs: Sequence[float]) -> dict[int, float]:
        """Gradient of one batch's loss with respect to the θ of its cases; a case that occurs twice gets the sum.

        Args:
            cases: index of each sample's case, length B.
            costs: weighted cost of each sample, length B.
        """
        share = [1.0 / (1.0 + math.exp(min(-self._theta[case], _LARGEST))) for case in cases]
        total = sum(share)
        mean_share, mean_loss = total / len(share), sum(s * a for s, a in zip(share, costs, strict=True)) / total
        if self.settings.baseline == "running":
            mean_share, mean_loss = self._running(mean_share, mean_loss)
        gradient: dict[int, float] = {}
        for case, s, a in zip(cases, share, costs, strict=True):
            gradient[case] = gradient.get(case, 0.0) + s * (1.0 - s) / mean_share * (a - mean_loss)
        return gradient

    def update(self, cases: Sequence[int], costs: Sequence[float]) -> None:
        """One optimiser step on one batch (see :meth:`gradient`)."""
        gradient = self.gradient(cases, costs)
        self.steps += 1
        rate = self.settings.learning_rate * math.sqrt(1 - _BETA2**self.steps) / (1 - _BETA1**self.steps)
        clamp = self.settings.clamp
        for case, slope in gradient.items():
            first = self._first_moment[case] + (1 - _BETA1) * (slope - self._first_moment[case])
            second = self._second_moment[case] + (1 - _BETA2) * (slope * slope - self._second_moment[case])
            self._first_moment[case], self._second_moment[case] = first, second
            theta = self._theta[case] - rate * first / (math.sqrt(second) + _EPSILON)
            self._theta[case] = theta if clamp is None else min(max(theta, -clamp), clamp)

    def _running(self, mean_share: float, mean_loss: float) -> tuple[float, float]:
        before = self._baseline or (mean_share, mean_loss)
        self._baseline = (
            _RUNNING * before[0] + (1 - _RUNNING) * mean_share,
            _RUNNING * before[1] + (1 - _RUNNING) * mean_loss,
        )
        return before
