"""One training instead of two: after a warm-up, cases with more trusted candidates are drawn more often.

Then the expected labels of a voxel are those of the weighted vote, which is a soft consensus. The loss does not change.
The network that scores the candidates is also the final network.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..datasets.case_ids import split_case
from ..fusion.weights.scores import default_kind, weights_of
from .mixin import DeepSTAPLEMixin

if TYPE_CHECKING:
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer as _Trainer
else:
    _Trainer = object

WARM_UP = 1 / 3
"""Share of the epochs in which all cases are drawn equally often."""


class Draws:
    """How likely each of N cases is drawn, for processes that load data and read these values for each batch.

    All processes share the values. The reader divides them by their sum. So it gets valid probabilities even if it
    reads while another process writes.
    """

    def __init__(self, cases: int) -> None:
        """Begin with equal values for all cases."""
        self._values = torch.ones(cases, dtype=torch.float64).share_memory_()

    def __len__(self) -> int:
        return len(self._values)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        values = self._values.numpy().copy()
        return (values / values.sum()).astype(dtype or values.dtype)

    def set(self, values: np.ndarray) -> None:
        """Set new values, shape (N,), not negative."""
        self._values.copy_(torch.from_numpy(values))


def shares(cases: Sequence[str], agreement: Mapping[str, float]) -> np.ndarray:
    """Share of each case in the draws: equal for all images; within an image by agreement, with weights as in a vote.

    Args:
        cases: N ids.
        agreement: of each case; NaN where it has none, which counts as the mean of the other cases of its image.

    Returns:
        Shape (N,), each image's sum is 1.
    """
    images: dict[str, list[int]] = {}
    for number, case in enumerate(cases):
        images.setdefault(split_case(case)[0], []).append(number)
    found = np.zeros(len(cases))
    for numbers in images.values():
        scores = np.array([agreement[cases[number]] for number in numbers])
        known = scores[~np.isnan(scores)]
        scores[np.isnan(scores)] = known.mean() if len(known) else 1
        found[numbers] = weights_of(scores, default_kind("agreement"))
    return found


class DrawnCases(_Trainer):
    """A trainer whose training cases are drawn with the probabilities in ``_draws``, in the order of ``_drawn``."""

    def get_dataloaders(self) -> tuple[Any, Any]:
        """Give nnU-Net's own data loader its sampling probabilities."""
        train, val = super().get_dataloaders()
        in_processes = hasattr(train, "generator")
        loader = train.generator if in_processes else train.data_loader
        self._drawn: list[str] = loader.indices
        self._draws = loader.sampling_probabilities = Draws(len(self._drawn))
        if in_processes:
            train.restart()  # its processes have started without the probabilities
        return train, val


class SampledMixin(DeepSTAPLEMixin, DrawnCases):
    """DeepSTAPLE that draws its training cases by how far they are trusted so far.

    Attributes:
        warm_up: share of the epochs in which all cases are drawn equally often.
    """

    warm_up = WARM_UP

    def on_train_start(self) -> None:
        super().on_train_start()
        self._say(f"cases are drawn alike up to epoch {self._first_drawn}, and then by the trust they have earned.")

    def on_train_epoch_start(self) -> None:
        if self.current_epoch >= self._first_drawn:
            self._draws.set(shares(self._drawn, self._scorer.agreement()))
        super().on_train_epoch_start()

    @property
    def _first_drawn(self) -> int:
        """First epoch after the warm-up."""
        return round(self.warm_up * self.num_epochs)
