"""Score the visits of a training again with other settings, without a network and without files."""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from ..errors import InputError
from ..wording import counted
from .data_parameters import DataParameterSettings
from .replay import Replay, batch_starts
from .score import score
from .scores import Scores
from .tally import Tally
from .visit_log import VisitLog, latest


@dataclass(frozen=True)
class Rescoring:
    """The options of ``ds_score``; None keeps what the run itself used.

    Attributes:
        learning_rate: this option and the next six are those of :class:`.DataParameterSettings`.
        last_part: for every score, count only the visits of this last part of the epochs. None learns θ from all visits
            and pools the agreement as the trainer does.
    """

    learning_rate: float | None = None
    initial_value: float | None = None
    fixed_weighting: bool | None = None
    risk_regularisation: bool | None = None
    baseline: Literal["batch", "running"] | None = None
    clamp: float | None = None
    warm_up: int | None = None
    last_part: float | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """The settings of the data parameters that are given."""
        return {name: value for name, value in vars(self).items() if value is not None and name != "last_part"}

    def check(self) -> None:
        """Check each option by itself.

        Raises:
            InputError: an option has an impossible value.
        """
        if self.learning_rate is not None and not 0 < self.learning_rate < math.inf:
            raise InputError(f"-learning_rate {self.learning_rate:g} is not possible; give a number above 0")
        if self.initial_value is not None and not math.isfinite(self.initial_value):
            raise InputError(f"-initial_value {self.initial_value:g} is not possible; give a finite number")
        if self.clamp is not None and not 0 < self.clamp < math.inf:
            raise InputError(f"-clamp {self.clamp:g} is not possible; give one above 0, or leave it out for no limit")
        if self.warm_up is not None and self.warm_up < 0:
            raise InputError(f"-warm_up {self.warm_up} is not possible; give 0 or more epochs")
        if self.last_part is not None and not 0 < self.last_part <= 1:
            raise InputError(f"-last_part {self.last_part:g} is no part; give a number above 0 and up to 1")

    def settings(self, log: VisitLog) -> DataParameterSettings:
        """How to learn θ from a log.

        Raises:
            InputError: an option does not fit to that log, or to its settings.
        """
        settings = replace(log.settings, **self.changes)
        if self.warm_up is not None and self.warm_up >= log.epochs:
            raise InputError(
                f"-warm_up {self.warm_up} leaves nothing of a training of {counted(log.epochs, 'epoch')}; give fewer"
            )
        if settings.clamp is not None and abs(settings.initial_value) > settings.clamp:
            raise InputError(
                f"-initial_value {settings.initial_value:g} lies beyond -clamp {settings.clamp:g}; change one of them"
            )
        if self.baseline == "batch" and _batches_of_one(log):
            raise InputError("-baseline batch learns nothing from batches of one sample; leave it out")
        return settings

    def scores(self, log: VisitLog) -> Scores:
        """Score all cases of a log.

        Raises:
            InputError: an option does not fit to that log.
        """
        settings = self.settings(log)
        if self.last_part is None:
            return score(log, Replay.of(log, settings).data_parameters)
        log = latest(log, self.last_part)
        return score(log, Replay.of(log, settings).data_parameters, Tally.of(log, last_part=1))


def _batches_of_one(log: VisitLog) -> bool:
    training = log.visits[log.visits["case"] < len(log.train)]
    return len(batch_starts(training)) == len(training)
